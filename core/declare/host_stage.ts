/**
 * The contract of **host** stages, which map batches in TypeScript before they go to the device.
 *
 * @module
 */
import type { HostTensor, RandomStream } from "../tensor/mod.ts";
import type { DefinitionBase, InputPort } from "./definition.ts";
import type { PortKind } from "./handles.ts";
import type { DataPort, DataPortOf } from "./row_stage.ts";

/** Input ports of a host stage, by name. */
export type HostInputs = Readonly<Record<string, InputPort>>;

/** What a host stage reads of a batch: tensors with the batch axis first, by input port. */
export type HostBatch<I extends HostInputs> = {
  readonly [P in keyof I]: I[P] extends { readonly optional: true } ? HostTensor | undefined
    : HostTensor;
};

/** What the input ports of a host stage carry. */
export type HostPorts<I extends HostInputs> = {
  readonly [P in keyof I]: I[P] extends { readonly optional: true }
    ? HostPort<I[P]["kind"]> | undefined
    : HostPort<I[P]["kind"]>;
};

/** What an input port of some kind carries; of any kind, where that is not known. */
export type HostPort<K extends PortKind> = PortKind extends K ? DataPort
  : K extends DataPort["kind"] ? DataPortOf<K>
  : never;

/** What preparing to map batches is told. */
export interface PrepareContext<Config> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** What `fit` found, by name: from the training split just now, or from the trained model. */
  readonly fitted: Readonly<Record<string, HostTensor>>;
}

/** What mapping a batch is told. */
export interface MapContext<Config, Prepared = unknown> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** What `prepare` gave. */
  readonly prepared: Prepared;
  /** Random numbers of this stage, epoch and step. */
  readonly random: RandomStream;
}

/** One pass over the training split before training, for a host stage. */
export interface HostFitContext<Config, I extends HostInputs = HostInputs> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** What flows into the stage's ports, batch by batch. */
  readonly batches: AsyncIterable<HostBatch<I>>;
}

/** A stage that maps batches on the host. */
export interface HostDefinition<
  Options = unknown,
  Config = unknown,
  I extends HostInputs = HostInputs,
  Prepared = unknown,
> extends DefinitionBase<Options, Config> {
  /** Tells a host stage from the other definitions. */
  readonly kind: "host";
  /** What each input port takes, by name; a lone handle goes to the first. */
  readonly inputs: I;
  /** What each output port carries. Pure. */
  ports(inputs: HostPorts<I>, config: Config): Readonly<Record<string, DataPort>>;
  /** Computes what `prepare` is then given, from the training split. Saved with the model. */
  fit?(context: HostFitContext<Config, I>): Promise<Readonly<Record<string, HostTensor>>>;
  /** Gets ready what mapping takes: a vocabulary as a map. Once, before the first batch. */
  prepare?(context: PrepareContext<Config>): Prepared | Promise<Prepared>;
  /** Maps one batch; the batch axis is the first of every tensor. */
  map(
    batch: HostBatch<I>,
    context: MapContext<Config, Prepared>,
  ): Readonly<Record<string, HostTensor>> | Promise<Readonly<Record<string, HostTensor>>>;
}
