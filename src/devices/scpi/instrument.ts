import { DaqError } from "../../model/errors.ts";
import type { Quantities, Readings } from "../../model/reading.ts";
import type {
  Connectable,
  Device,
  Emitting,
  Guarded,
  Movable,
  Parameterised,
  Readable,
  Shutter,
  Stageable,
  WavelengthSelective,
} from "../capabilities.ts";
import type { Clock } from "../contract.ts";
import { InstrumentAxis } from "./axis.ts";
import { assign } from "./command-text.ts";
import type { DescribedQuantity, Description } from "./description.ts";
import { describeQuantities, type NamedQuantities, readQuantities } from "./quantities.ts";
import type { Session } from "./session.ts";
import { TwoStateSwitch } from "./two-state-switch.ts";

/** A device that has the methods of what is described, and no others. */
export function createInstrument(
  id: string,
  description: Description,
  session: Session,
  clock: Clock,
): Device & Connectable {
  return {
    id,
    connect: (signal) => session.connect(signal),
    disconnect: () => session.disconnect(),
    ...reading(id, description, session, clock),
    ...parameters(description, session),
    ...wavelength(id, description, session),
    ...switches(id, description, session),
    ...states(description, session),
  };
}

type Part<Ability> = Omit<Ability, "id">;

/** The names under which readings appear: the device's id, and the reading's own name unless it is the main one. */
export function namedReadings(id: string, { readings, main }: Description): NamedQuantities {
  return new Map([...readings].map(([name, quantity]) => [name === main ? id : `${id}_${name}`, quantity]));
}

function reading(
  id: string,
  description: Description,
  session: Session,
  clock: Clock,
): Part<Readable> | Part<Movable> | undefined {
  const quantities: ReadonlyMap<string, DescribedQuantity> = namedReadings(id, description);
  const described = describeQuantities(quantities, description.name);
  if (description.axis === undefined) {
    if (quantities.size === 0) return undefined;
    return {
      describe: async () => described,
      read: (signal) => readQuantities(session, quantities, signal),
    };
  }
  const moved = new InstrumentAxis(id, description.axis, session);
  return {
    axis: moved.axis,
    describe: async (): Promise<Quantities> => ({ ...moved.describe(description.name), ...described }),
    read: async (signal): Promise<Readings> => ({
      ...(await moved.read(signal, () => clock.nowNs())),
      ...(await readQuantities(session, quantities, signal)),
    }),
    moveTo: (target, signal) => moved.moveTo(target, signal),
    position: (signal) => moved.position(signal),
    stop: () => moved.stop(),
  };
}

function parameters({ name, parameters }: Description, session: Session): Part<Parameterised> | undefined {
  if (parameters.size === 0) return undefined;
  return {
    describeParameters: async () => describeQuantities(parameters, name),
    readParameters: (signal) => readQuantities(session, parameters, signal),
  };
}

function wavelength(
  id: string,
  { wavelength: described }: Description,
  session: Session,
): Part<WavelengthSelective> | undefined {
  if (described === undefined) return undefined;
  const [shortest, longest] = described.limits;
  return {
    async setWavelength(nanometres, signal) {
      if (!(nanometres >= shortest && nanometres <= longest))
        throw new DaqError("device", `${id} cannot be set to ${nanometres} nm.`, {
          hint: `Choose from ${shortest} to ${longest} nm.`,
        });
      await session.command(assign(described.set, nanometres), { signal });
    },
  };
}

function switches(
  id: string,
  { shutter, emission }: Description,
  session: Session,
): Partial<Part<Shutter> & Part<Emitting>> {
  const beam = shutter && new TwoStateSwitch(id, shutter, session, ["open", "closed"]);
  const light = emission && new TwoStateSwitch(id, emission, session, ["emitting", "dark"]);
  return {
    ...(beam && { setOpen: (open: boolean, signal: AbortSignal) => beam.set(open, signal) }),
    ...(light && { setEmission: (on: boolean, signal: AbortSignal) => light.set(on, signal) }),
  };
}

function states(
  { staged, unstaged, safe }: Description,
  session: Session,
): Partial<Part<Stageable> & Part<Guarded>> {
  return {
    ...((staged ?? unstaged) && {
      stage: (signal: AbortSignal) => session.command(staged ?? [], { signal }),
      unstage: (signal: AbortSignal) => session.command(unstaged ?? [], { signal }),
    }),
    ...(safe && {
      makeSafe: (signal: AbortSignal) =>
        session.command(safe, { signal, urgent: true, eachRegardless: true }),
    }),
  };
}
