/** SVG as text. Everything that is not markup of our own is escaped here, in one place. */

/** Text as SVG and HTML show it: the five characters with a meaning there are escaped, and what no document may hold becomes U+FFFD. */
export function escapeText(text: string): string {
  // eslint-disable-next-line no-control-regex
  const legal = text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd");
  return legal.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Attributes = Readonly<Record<string, string | number>>;

/** `<name key="value">children</name>`; the attributes are escaped, the children are markup already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const text = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeText(String(value))}"`);
  return `<${name}${text.join("")}>${children.join("")}</${name}>`;
}

/** A coordinate: a hundredth of a pixel is enough, and keeps files small. */
export function coordinate(value: number): string {
  return String(Math.round(100 * value) / 100);
}
