/** How the value is read out of an answer, and what it is. */
export type Answer = {
  readonly query: string;
  readonly type: "number" | "boolean" | "text" | "choice";
  /** The value is its first group, or all of what it matched; an answer that it does not match is none. */
  readonly pattern?: RegExp;
  /** An answer that means: there is no value. */
  readonly missing?: RegExp;
  /** Of a choice: what each answer stands for. */
  readonly choices?: { readonly [answer: string]: string };
  /** Of a boolean: the bit of the whole number that was answered. */
  readonly bit?: number;
};

/** A value that is asked for, with all that a reader of it has to know. */
export type DescribedQuantity = Answer & {
  readonly unit: string | null;
  /** Of a text, in UTF-8. */
  readonly maxBytes?: number;
  readonly precision?: number;
  readonly limits?: readonly [low: number, high: number];
};

/** A command with a number in it. */
export type Assignment = {
  /** With `{value}` where the number goes. */
  readonly commands: readonly string[];
  /** Digits after the point; absent: as many as it takes. */
  readonly decimals?: number;
  /** Characters, filled up with zeros in front. */
  readonly width?: number;
};

/** When a movement is over. */
export type Settling = {
  /** Asked again and again; absent: the read-back. */
  readonly query?: string;
  /** Over when the answer matches. */
  readonly pattern?: RegExp;
  /** Over when this bit of the answer is `bitSet`. */
  readonly bit?: number;
  readonly bitSet: boolean;
  /** Over when the read-back is as near as this to the target. */
  readonly within?: number;
  /** For as long as this it has to stay so. */
  readonly holdMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
};

export type DescribedAxis = {
  readonly set: Assignment;
  readonly readBack: DescribedQuantity;
  /** What asks for the set point; absent: what was last set. */
  readonly setPointQuery?: string;
  /** Ends a movement; absent: it is sent to where it is. */
  readonly stop?: readonly string[];
  readonly settling?: Settling;
};

/** Something with two states: a shutter, an emission. */
export type Switch = {
  readonly on: readonly string[];
  readonly off: readonly string[];
  /** Asked until it says so; absent: it is so when the command has been sent. */
  readonly state?: Answer;
  readonly intervalMs: number;
  readonly timeoutMs: number;
};

export type Dialect = {
  readonly writeTerminator: string;
  readonly readTerminator: string;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** From the end of one exchange to the next message. */
  readonly pacingMs: number;
  /** Silence after which nothing more is expected. */
  readonly quietMs: number;
  /** How often a query, never a command, is asked again. */
  readonly queryRetries: number;
  /** The instrument repeats each message before it answers. */
  readonly echo: boolean;
  /** Sent after each connection. */
  readonly initial: readonly string[];
  readonly identity?: { readonly query: string; readonly pattern: RegExp };
  readonly errors?: {
    readonly query: string;
    /** What it answers when there is none. */
    readonly none: RegExp;
    readonly when: "after-commands" | "after-failures";
  };
};

export type SerialLine = {
  readonly baud: number;
  readonly dataBits: 5 | 6 | 7 | 8;
  readonly stopBits: 1 | 1.5 | 2;
  readonly parity: "none" | "even" | "odd" | "mark" | "space";
  readonly flowControl: "none" | "xon-xoff" | "rts-cts";
};

/** An instrument as a TOML file describes it. */
export type Description = {
  /** "Spectra-Physics Mai Tai", for people. */
  readonly name: string;
  readonly serialLine: SerialLine;
  readonly dialect: Dialect;
  /** The reading that is called like the device, without a part of its own. */
  readonly main?: string;
  readonly readings: ReadonlyMap<string, DescribedQuantity>;
  readonly parameters: ReadonlyMap<string, DescribedQuantity>;
  readonly axis?: DescribedAxis;
  readonly wavelength?: { readonly set: Assignment; readonly limits: readonly [number, number] };
  readonly shutter?: Switch;
  readonly emission?: Switch;
  readonly staged?: readonly string[];
  readonly unstaged?: readonly string[];
  readonly safe?: readonly string[];
};
