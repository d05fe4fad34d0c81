/** One element of XML with its name, namespace, attributes, text and children. */
export class Element {
  readonly name: string;
  readonly namespace: string;
  /** Name, value, name, value, … without declarations of namespaces. A map would take more memory. */
  private readonly attributes: readonly string[];
  readonly children: Element[] = [];
  /** All text that stands in it, without that of its children. */
  text = "";

  constructor(name: string, namespace: string, attributes: readonly string[]) {
    this.name = name;
    this.namespace = namespace;
    this.attributes = attributes;
  }

  /** Returns the value, or an empty text where there is no such attribute. */
  attribute(name: string): string {
    for (let at = 0; at < this.attributes.length; at += 2)
      if (this.attributes[at] === name) return this.attributes[at + 1] as string;
    return "";
  }

  /** The element without text and children. */
  copyOfTag(): Element {
    return new Element(this.name, this.namespace, this.attributes);
  }

  is(name: string, namespace: string): boolean {
    return this.name === name && this.namespace === namespace;
  }

  /** The first child of this name. @param namespace default: that of this element */
  child(name: string, namespace = this.namespace): Element | undefined {
    return this.children.find((each) => each.is(name, namespace));
  }

  /** The text of the first child of this name, or an empty text. */
  childText(name: string, namespace = this.namespace): string {
    return this.child(name, namespace)?.text ?? "";
  }
}
