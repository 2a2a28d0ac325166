/** The start page and the transcript page. */

import { deliverAll } from "./deliver.js";
import { offerPlayback } from "./playback.js";

offerPlayback();
void deliverAll();
