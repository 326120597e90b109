// Print the ledger with every line open.

for (const button of document.querySelectorAll('[data-print]')) {
  button.addEventListener('click', () => window.print());
}
const lines = document.querySelectorAll('.ledger details');
let opened = [];
window.addEventListener('beforeprint', () => {
  opened = [...lines].filter((one) => !one.open);
  for (const one of opened) one.open = true;
});
window.addEventListener('afterprint', () => {
  for (const one of opened) one.open = false;
});
