// Which files somebody means who drops or chooses files and folders. Knows nothing of uploading.

export const MOST_FILES = 2000; // of one drop: a whole disk is a mistake
const MOST_DEPTH = 30; // folders within folders

// What systems and programs leave beside people's files: .DS_Store, .git, ~$report.docx, Thumbs.db
const LEFT_BY_PROGRAMS = /^(\.|~\$|thumbs\.db$|desktop\.ini$)/i;

// What was found: the files, how many were left out as no one's documents, and whether there were more than are taken.
const found = () => ({ files: [], leftOut: 0, more: false });

// To be called while the event is handled: afterwards the browser takes its entries back.
export const dropped = (transfer) => {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const plain = [...transfer.files];
  // Without a folder among them the files are all there is; those dropped by themselves are all meant.
  return entries.some((entry) => entry.isDirectory) ? walked(entries) : Promise.resolve(limited(plain));
};

// The files of a folder that was chosen, each with its path in it.
export const inFolder = (files) => {
  const named = files.filter((file) => !file.webkitRelativePath.split("/").some((part) => LEFT_BY_PROGRAMS.test(part)));
  return { ...limited(named), leftOut: files.length - named.length };
};

const limited = (files) => ({ ...found(), files: files.slice(0, MOST_FILES), more: files.length > MOST_FILES });

const walked = async (entries) => {
  const result = found();
  for (const entry of entries) await walk(entry, 0, result);
  return result;
};

const walk = async (entry, depth, result) => {
  if (depth > 0 && LEFT_BY_PROGRAMS.test(entry.name)) {
    result.leftOut += 1;
  } else if (result.files.length >= MOST_FILES || depth > MOST_DEPTH) {
    result.more = true;
  } else if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) result.files.push(file);
    else result.leftOut += 1; // it went, or may not be read
  } else {
    for (const inner of await entriesOf(entry)) await walk(inner, depth + 1, result);
  }
};

// A folder tells its entries a hundred at a time, until it tells none.
const entriesOf = async (folder) => {
  const reader = folder.createReader();
  const all = [];
  while (all.length <= MOST_FILES) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) break;
    all.push(...some);
  }
  return all;
};
