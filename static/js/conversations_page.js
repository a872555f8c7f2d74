// The page that lists all conversations: rename and delete in a dialog over it.

import { Conversations } from "./conversations.js";

new Conversations(document.querySelector(".all-conversations-page"));
