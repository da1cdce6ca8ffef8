// A program of Rust: names with the paths of modules, and arguments that debug information describes.
mod shapes {
    pub struct Square {
        pub side: u64,
    }

    impl Square {
        #[inline(never)]
        pub fn area(&self, scale: u64) -> u64 {
            unsafe { std::ptr::read_volatile(&(self.side * self.side * scale)) }
        }
    }
}

fn main() {
    for side in 0..3 {
        unsafe { std::ptr::read_volatile(&shapes::Square { side }.area(10)) };
    }
}
