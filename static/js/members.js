// Looking for members without leaving the form: the server's own form is asked, and its list of people is shown.

import { send } from "./http.js";

const form = document.querySelector(".collection-form");

form.addEventListener("submit", async (event) => {
  if (event.submitter?.name !== "look" || event.submitter.dataset.plainly) return;
  event.preventDefault();
  const button = event.submitter;
  try {
    const response = await send(location.href, { method: "POST", body: new FormData(form, button) });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("members");
    document.getElementById("members").replaceWith(fresh);
    fresh.querySelector("#id_find").focus();
  } catch {
    button.dataset.plainly = "yes";
    form.requestSubmit(button);
  }
});

// Enter in the search looks; it does not save the form.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "id_find") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector('[name="look"]'));
});
