// step_f32(i), step_u32(i): word i of the step row, the 64 words that hold all that changes from step to step

@group(1) @binding(1) var<uniform> step_row: array<vec4u, 16>;

fn step_u32(i: u32) -> u32 { return step_row[i / 4u][i % 4u]; }
fn step_f32(i: u32) -> f32 { return bitcast<f32>(step_u32(i)); }
