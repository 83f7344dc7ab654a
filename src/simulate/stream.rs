//! Random numbers that depend on what they are for, and on nothing else.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::units::MemoryMb;

/// The source of all random numbers of one memory size of one run.
///
/// Every use has a ChaCha generator of its own, so the number of threads changes no result: one thread plays the
/// invocations of a size, in order. Its 256-bit key *is* the tuple (seed, run, memory size, environment), 64
/// bits each, little-endian, and the purpose is the generator's stream number: different uses
/// never share numbers, and a keyed generator needs no further mixing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    seed: u64,
    run: u64,
    memory: MemoryMb,
}

/// What the numbers are for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Invocations = 0,
    Environment = 1,
    Size = 2,
    Queue = 3,
}

impl Stream {
    /// The numbers of one memory size of run number `run` under `seed`.
    pub fn new(seed: u64, run: u64, memory: MemoryMb) -> Self {
        Self { seed, run, memory }
    }

    /// What happens within the invocations, one after the other.
    pub fn invocations(&self) -> ChaCha8Rng {
        self.rng(0, Purpose::Invocations)
    }

    /// What an execution environment is like: the one that starts for invocation `number`.
    pub fn environment(&self, number: u32) -> ChaCha8Rng {
        self.rng(number, Purpose::Environment)
    }

    /// What all invocations of this size have in common.
    pub fn size(&self) -> ChaCha8Rng {
        self.rng(0, Purpose::Size)
    }

    /// What happens in the downstream's queue.
    pub fn queue(&self) -> ChaCha8Rng {
        self.rng(0, Purpose::Queue)
    }

    fn rng(&self, number: u32, purpose: Purpose) -> ChaCha8Rng {
        let tuple = [self.seed, self.run, u64::from(self.memory.mb()), u64::from(number)];
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip(tuple) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(purpose as u64);
        rng
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::Rng;

    use super::*;

    #[test]
    fn every_part_of_the_tuple_gives_other_numbers() {
        let at = |seed, run, mb| Stream::new(seed, run, MemoryMb::new(mb).unwrap());
        let first = at(1, 0, 128);
        let mut rngs =
            [first.invocations(), first.environment(0), first.environment(1), first.size(), first.queue()].to_vec();
        rngs.extend([at(2, 0, 128), at(1, 1, 128), at(0, 1, 128), at(1, 0, 129)].map(|s| s.invocations()));
        let numbers: HashSet<u64> = rngs.iter_mut().map(Rng::next_u64).collect();
        assert_eq!(numbers.len(), 9);
        assert_eq!(at(1, 0, 128).environment(7).next_u64(), first.environment(7).next_u64());
    }
}
