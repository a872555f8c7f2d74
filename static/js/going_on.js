// A long piece of work goes on by itself, run after run; whoever wants to stop has a moment to say so.

const MILLISECONDS = 600;
const form = document.getElementById("going-on");

const goOn = setTimeout(() => form.requestSubmit(), MILLISECONDS);
form.querySelector("a").addEventListener("click", () => clearTimeout(goOn));
