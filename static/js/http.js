// Requests to this site. Knows nothing of what they are about.

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export class Refused extends Error {
  constructor(sentence, status, waitSeconds = 0) {
    super(sentence);
    this.status = status;
    this.waitSeconds = waitSeconds;
  }
}

const SIGN_IN_AGAIN = "You are no longer signed in. Reload the page to sign in again.";
export const NOT_REACHED = "The server could not be reached. Check your connection and try again.";

// What a failed response says to a person: the detail of its problem+json, or a sentence of ours.
export const refusal = (status, text, retryAfter = null) => {
  const waitSeconds = Number(retryAfter) || 0;
  try {
    const problem = JSON.parse(text);
    const fields = problem.errors ? Object.values(problem.errors).flat().join(" ") : "";
    if (fields || problem.detail) return new Refused(fields || problem.detail, status, waitSeconds);
  } catch {
    // Not JSON: a proxy's page, or Django's.
  }
  if (status === 401 || status === 403) return new Refused(SIGN_IN_AGAIN, status);
  if (status === 413) return new Refused("That is more than can be uploaded at once.", status);
  if (status === 429) return new Refused("That was too often. Try again in a moment.", status, waitSeconds);
  if (status === 503) return new Refused("The server is busy or starting. Try again in a moment.", status, waitSeconds);
  return new Refused(`The server answered with an error (${status}). Try again in a moment.`, status);
};

export const send = async (url, options = {}) => {
  const headers = { "X-CSRFToken": csrfToken(), ...options.headers };
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(NOT_REACHED, 0);
  }
  if (!response.ok) throw refusal(response.status, await response.text(), response.headers.get("Retry-After"));
  return response;
};

export const getJson = async (url) => (await send(url, { headers: { Accept: "application/json" } })).json();

// A piece of a page, written by the server and escaped there.
export const getFragment = async (url) => {
  const response = await send(url, { headers: { "X-Requested-With": "fragment" } });
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content.firstElementChild;
};
