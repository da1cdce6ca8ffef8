// A program of Rust: names with the paths of modules, and arguments that debug information describes.
mod shapes {
    pub struct Square {
        pub side: u64,
    }

    impl Square {
        #[inline(never)]
        pub fn area(&self, scale: u64) -> u64 {
            std::hint::black_box(self.side * self.side * scale)
        }
    }
}

fn main() {
    for side in 0..3 {
        std::hint::black_box(shapes::Square { side }.area(10));
    }
}
