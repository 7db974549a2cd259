// Authored HTML in one line of plain characters, where the browser takes nothing else: the entries of a <select>.

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const single = (text) => [...text].length === 1 || /^[\d.,]+$/.test(text);
const bracketed = (text) => (single(text) ? text : `(${text})`);
const raised = (text) => (/^\d+$/.test(text) ? [...text].map((digit) => SUPERSCRIPTS[digit]).join("") : `^${bracketed(text)}`);

/** How the parts of a formula's element stand in a line, by the element's name. */
const MATHEMATICS = {
  msup: ([base, exponent]) => base + raised(exponent),
  msub: ([base, index]) => `${base}_${bracketed(index)}`,
  msubsup: ([base, index, exponent]) => `${base}_${bracketed(index)}${raised(exponent)}`,
  mfrac: ([above, below]) => `${bracketed(above)}/${bracketed(below)}`,
  msqrt: (parts) => `√${bracketed(parts.join(""))}`,
  mroot: ([radicand, degree]) => `${raised(degree)}√${bracketed(radicand)}`,
  annotation: () => "",
};

export function plain(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return line(holder.content).replace(/\s+/g, " ").trim();
}

/** Whether a line of characters says all that there is to see. */
export function isPlain(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector("math, img, table, pre") === null;
}

function line(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.localName === "img") return node.alt;
  const parts = [...node.childNodes].filter((child) => child.localName || child.data.trim() || !node.localName?.startsWith("m")).map(line);
  const written = MATHEMATICS[node.localName];
  return written ? written(parts) : parts.join("");
}
