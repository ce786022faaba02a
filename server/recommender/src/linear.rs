//! What is solved: small systems of normal equations, one a row, on faer.
//!
//! Must never fail where a matrix is not definite: then the answer is zero, which recommends nothing.

use faer::{
    Accum, Mat, MatMut, MatRef, Par,
    dyn_stack::{MemBuffer, MemStack},
    linalg::{
        cholesky::llt::{
            factor::{LltRegularization, cholesky_in_place, cholesky_in_place_scratch},
            solve::solve_in_place,
        },
        matmul::matmul,
    },
    prelude::ReborrowMut,
};

/// Vectors that are added up at a time.
const BLOCK: usize = 256;

/// The scalar product. Two accumulators of eight: the compiler makes vector instructions of them.
pub fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest: f32 = ones.remainder().iter().zip(others.remainder()).map(|(one, other)| one * other).sum();
    for (one, other) in ones.zip(others) {
        for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
            *sum += one * other;
        }
    }
    sums.iter().sum::<f32>() + rest
}

pub fn norm(vector: &[f32]) -> f32 {
    dot(vector, vector).sqrt()
}

/// The row of a matrix of `width` columns.
pub fn row(matrix: &[f32], width: usize, at: usize) -> &[f32] {
    matrix.get(at * width..(at + 1) * width).unwrap_or_default()
}

/// The sum of the outer products of all rows with themselves, `width` squared.
pub fn gram(matrix: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0.0; width * width];
    if width == 0 {
        return sum;
    }
    for block in matrix.chunks(width * 4096) {
        let block = MatRef::from_column_major_slice(block, width, block.len() / width);
        let sum = MatMut::from_column_major_slice_mut(&mut sum, width, width);
        matmul(sum, Accum::Add, block, block.transpose(), 1.0, Par::Seq);
    }
    sum
}

/// One system of normal equations after another: `(base + ridge I + sum of w y y') x = sum of w y`.
pub struct Solver {
    width: usize,
    matrix: Vec<f32>,
    block: Vec<f32>,
    buffer: MemBuffer,
    is_definite: bool,
}

impl Solver {
    pub fn new(width: usize) -> Self {
        let buffer = MemBuffer::new(cholesky_in_place_scratch::<f32>(width, Par::Seq, Default::default()));
        Self { width, matrix: vec![0.0; width * width], block: Vec::with_capacity(BLOCK * width), buffer, is_definite: false }
    }

    /// Factorises the matrix; `out` becomes the solution.
    pub fn solve<'a>(&mut self, base: &[f32], ridge: f32, rows: impl Iterator<Item = (&'a [f32], f32)>, out: &mut [f32]) {
        self.matrix.copy_from_slice(base);
        for at in 0..self.width {
            if let Some(entry) = self.matrix.get_mut(at * (self.width + 1)) {
                *entry += ridge;
            }
        }
        out.fill(0.0);
        self.block.clear();
        for (row, weight) in rows {
            let root = weight.sqrt();
            for (sum, value) in out.iter_mut().zip(row) {
                *sum += weight * value;
            }
            self.block.extend(row.iter().map(|value| value * root));
            if self.block.len() >= BLOCK * self.width {
                self.add_block();
            }
        }
        self.add_block();
        let mut matrix = MatMut::from_column_major_slice_mut(&mut self.matrix, self.width, self.width);
        let factorised = cholesky_in_place(
            matrix.rb_mut(),
            LltRegularization::default(),
            Par::Seq,
            MemStack::new(&mut self.buffer),
            Default::default(),
        );
        self.is_definite = factorised.is_ok();
        self.again(out);
    }

    fn add_block(&mut self) {
        let count = self.block.len() / self.width.max(1);
        if count > 0 {
            let block = MatRef::from_column_major_slice(&self.block, self.width, count);
            let sum = MatMut::from_column_major_slice_mut(&mut self.matrix, self.width, self.width);
            matmul(sum, Accum::Add, block, block.transpose(), 1.0, Par::Seq);
        }
        self.block.clear();
    }

    /// Solves the system of before for other right sides, `width` numbers each, in place.
    pub fn again(&mut self, sides: &mut [f32]) {
        if !self.is_definite || self.width == 0 {
            sides.fill(0.0);
            return;
        }
        let count = sides.len() / self.width;
        let factor = MatRef::from_column_major_slice(&self.matrix, self.width, self.width);
        let sides = MatMut::from_column_major_slice_mut(sides, self.width, count);
        solve_in_place(factor, sides, Par::Seq, MemStack::new(&mut self.buffer));
    }
}

/// The inverse of a symmetric definite matrix of `width` columns; nothing where it has none.
pub fn inverse(matrix: &[f32], width: usize) -> Option<Vec<f32>> {
    use faer::linalg::solvers::{DenseSolveCore, Llt};
    let matrix = MatRef::from_column_major_slice(matrix, width, width);
    let inverse: Mat<f32> = Llt::new(matrix, faer::Side::Lower).ok()?.inverse();
    Some((0..width).flat_map(|column| inverse.col(column).iter().copied().collect::<Vec<_>>()).collect())
}
