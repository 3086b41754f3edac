// cell(m, j) = raw[data_row(m), j]·scale + shift, with JITTER moved by a uniform number within its step; is_seen(m, j): it is no NaN, is a level there is, and with HIDE is not hidden
// uses lib/rows, lib/philox

override JITTER: bool = false;
override HIDE: bool = false;

const NUMBER = 0u;
const CATEGORY = 1u;
const CODED = 2u;
const CYCLIC = 3u;

// The descriptor of a column: kind, first output, components or levels, first input, step, floor, turns, phase.
fn word_of(j: u32, i: u32) -> u32 { return columns[8u * j + i]; }

fn number_of(j: u32, i: u32) -> f32 { return bitcast<f32>(columns[8u * j + i]); }

fn is_category(j: u32) -> bool { return word_of(j, 0u) == CATEGORY || word_of(j, 0u) == CODED; }

// element i of a key's stream of uniform numbers, in a domain of its own
fn uniform_at(i: u32, domain: u32, key: vec2u) -> f32 { return uniform_of(philox(vec4u(i / 4u, domain, 0u, 0u), key)[i % 4u]); }

// where a row's own numbers begin: one a column and one for itself, in whole blocks of four
fn first_draw(m: u32) -> u32 { return data_row(m) * 4u * (params.D / 4u + 1u); }

fn is_hidden(m: u32, j: u32) -> bool {
  let key = vec2u(step_u32(params.hide0), step_u32(params.hide1));
  let first = first_draw(m);
  return uniform_at(first + j, 1u, key) < params.most * uniform_at(first + params.D, 1u, key);
}

// Only bits are looked at before it is known that there is a number: a compiler may assume that there is no NaN.
fn is_seen(m: u32, j: u32) -> bool {
  let i = data_row(m) * params.D + j;
  if (!U8) { if ((x[i] & 0x7fffffffu) > 0x7f800000u) { return false; } }
  if (HIDE) { if (is_hidden(m, j)) { return false; } }
  if (!is_category(j)) { return true; }
  let level = load_x(i);
  return level > -0.5 && level < f32(word_of(j, 2u)) - 0.5;
}

fn cell(m: u32, j: u32) -> f32 {
  let value = load_x(data_row(m) * params.D + j);
  if (is_category(j)) { return floor(value + 0.5); }
  if (JITTER) {
    let step = number_of(j, 4u);
    if (step > 0.0) {
      return value + (uniform_at(first_draw(m) + j, 0u, vec2u(step_u32(params.jitter0), step_u32(params.jitter1))) - 0.5) * step;
    }
  }
  return value;
}
