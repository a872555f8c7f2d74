// The page that says the service is away: looks for it again, and shows the page that was asked for once it is back.
// Asks less and less often, and never all visitors at the same moment. Without it, the link does the same.

const LONGEST_MS = 60_000;
const told = document.querySelector("[data-retry-after]");

async function isBack() {
  try {
    const response = await fetch(location.href, { method: "HEAD", cache: "no-store" });
    return response.status !== 503;
  } catch {
    return false;
  }
}

function retryIn(milliseconds) {
  setTimeout(async () => {
    if (!document.hidden && (await isBack())) location.reload();
    else retryIn(Math.min(milliseconds * 1.5, LONGEST_MS));
  }, milliseconds * (0.75 + Math.random() / 2));
}

if (told) {
  told.hidden = false;
  retryIn(Number(told.dataset.retryAfter) * 1000);
}
