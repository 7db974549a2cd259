// The size of the exam's text: the reader's own choice, kept on the device; else large for whom large print was granted.

const KEY = "exam-text-size";
const SIZES = ["0", "1", "2", "3"];
const GRANTED = "2";

export function offerSizes(largePrint) {
  const choices = document.querySelectorAll("input[name=text-size]");
  show(stored() ?? (largePrint ? GRANTED : SIZES[0]));
  for (const choice of choices) {
    choice.addEventListener("change", () => {
      show(choice.value);
      try {
        localStorage.setItem(KEY, choice.value);
      } catch {
        // it holds for this page
      }
    });
  }

  function show(size) {
    for (const each of SIZES) document.body.classList.toggle(`text-size-${each}`, each === size);
    for (const choice of choices) choice.checked = choice.value === size;
  }
}

function stored() {
  try {
    const size = localStorage.getItem(KEY);
    return SIZES.includes(size) ? size : null;
  } catch {
    return null;
  }
}
