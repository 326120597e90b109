// The language switch comes back to what is open now: a page may write that into its address after it was made.
const form = document.querySelector('form.language');
form.addEventListener('submit', () => { form.elements.next.value = location.pathname + location.search; });
