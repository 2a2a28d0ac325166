/** The page that says who may see a meeting: its link can be copied. */

import { offerCopies } from "./copy.js";

offerCopies();
