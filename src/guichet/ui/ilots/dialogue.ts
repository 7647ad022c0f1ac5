// A dialog the page arrives with.
export default function dialogue(element: HTMLElement): void {
  if (element instanceof HTMLDialogElement && !element.open) element.showModal();
}
