// Tell people who listen to the page what just happened, in few words: the page's one status line says it.

const line = () => document.getElementById("asking-status");

export const announce = (sentence) => {
  const status = line();
  if (!status) return;
  // The same words twice are two pieces of news: a line that does not change is not read out.
  status.textContent = status.textContent === sentence ? `${sentence}\u00a0` : sentence;
};
