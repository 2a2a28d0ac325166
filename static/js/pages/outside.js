/** The start page and the transcript page. */

import { deliverAll } from "./deliver.js";

void deliverAll();
