/** log2 of a count, to a hundredth: the exponent, and a parabola through the octave. Some small number for 0. */
export function binaryLogarithm(count: u32): f32 {
  const bits = reinterpret<u32>(<f32>count);
  const part = <f32>(bits & 0x7f_ffff) / 8_388_608;
  return <f32>(<i32>(bits >>> 23) - 127) + part * (<f32>1.3465 - <f32>0.3465 * part);
}
