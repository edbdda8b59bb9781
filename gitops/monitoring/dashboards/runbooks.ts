/** What to do when an alert fires. Alerts link to its panels. */
import { runbookDashboard, runbooks } from "../runbooks.ts";
import type { TextPage } from "./dashboard.ts";

export const runbookPage: TextPage = {
  name: runbookDashboard,
  title: "Fleet: runbooks",
  texts: runbooks,
};
