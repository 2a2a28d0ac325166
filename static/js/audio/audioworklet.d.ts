/** What an AudioWorkletGlobalScope offers; TypeScript's DOM library leaves it out. */
declare const currentTime: number;
declare const sampleRate: number;

declare abstract class AudioWorkletProcessor {
  constructor();
  readonly port: MessagePort;
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
