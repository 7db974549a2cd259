// The sum of the points while they are being chosen.

const form = document.querySelector("form[data-grading]");
const sum = document.getElementById("grading-sum");

function show() {
  const chosen = [...form.querySelectorAll("input[type=radio]:checked")];
  const points = chosen.reduce((total, input) => total + Number(input.value), 0);
  sum.textContent = `${chosen.length ? points : "–"} / ${sum.dataset.most}`;
}

form.addEventListener("change", show);
show();
