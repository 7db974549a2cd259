// The kinds of items by the names that the API gives them.

import { Multiple, Single } from "./choice.js";
import { Cloze } from "./cloze.js";
import { Essay } from "./essay.js";
import { Matching } from "./matching.js";
import { Ordering } from "./ordering.js";
import { Numeric, Text } from "./written.js";

const KINDS = { single: Single, multiple: Multiple, ordering: Ordering, matching: Matching, numeric: Numeric, text: Text, cloze: Cloze, essay: Essay };

/** The answering part of `item`; `draft` is what an earlier one's draft() said, or null. */
export function render(item, draft, page) {
  return new KINDS[item.kind](item, draft, page);
}
