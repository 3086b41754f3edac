// y = KL(N(mean, exp(logVar)) ‖ N(0, 1)) = ½·(mean² + exp(logVar) − 1 − logVar), of mean a and logVar b
// uses lib/binary, lib/math

fn f(mean: f32, log_var: f32) -> f32 { return 0.5 * (mean * mean + expm1_minus(log_var)); }
