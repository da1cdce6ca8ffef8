// A program of Go, whose runtime moves a stack that has grown: what a return probe does to that is seen by deepen.
//
//	squares_go area     calls area three times
//	squares_go deepen   grows its stack
package main

import "os"

//go:noinline
func area(side, scale int) int {
	return side * side * scale
}

//go:noinline
func deepen(depth int) int {
	var room [512]byte
	room[depth%len(room)] = 1
	if depth == 0 {
		return int(room[0])
	}
	return deepen(depth-1) + int(room[depth%len(room)])
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "deepen" {
		println("deep", deepen(1000))
		return
	}
	for side := 0; side < 3; side++ {
		area(side, 10)
	}
}
