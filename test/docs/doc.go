// Package docs holds the documentation against the program. Its tests
//
//   - run every bash block of README's tour, of docs/cli.md and of docs/guides, page by page and in order,
//     against a server that bot9 quickstart starts, and compare what they print with the output that the
//     page shows;
//   - fail for every block of README, docs and sdk that could run and that no test runs;
//   - make what is written by the code and not by hand: the generated parts of docs/guides,
//     docs/asyncapi.yaml and docs/llms.txt. They fail when those are stale;
//     go test ./test/docs -update writes them anew;
//   - compute the known-answer values of the page about signatures, and run its functions in PHP and Ruby on
//     the test vectors of the libraries;
//   - follow every relative link in every Markdown file of the repository.
//
// HTML comments in the line above a code block tell what it is, unseen by readers:
//
//	<!-- file: NAME -->                 the block is saved under this name, in the folder that commands run in
//	<!-- second terminal -->            the bash block keeps running while the ones after it run; or third
//	<!-- output -->                     the block is what the bash block before it prints
//	<!-- output: second terminal -->    the block is what the second terminal shows by now
//	<!-- needs: PROGRAM -->             the bash block runs a program that make setup-languages installs
//	<!-- until interrupted -->          each line of the bash block runs until it is interrupted
//	<!-- run by: FILE -->               another test compares the block with what the program does
//	<!-- not run: WHY -->               nothing runs the block, and why
//
// In an output an ellipsis (…) stands for any text, properties that aren't shown may be there, and
// fractional numbers stand for any number.
package docs
