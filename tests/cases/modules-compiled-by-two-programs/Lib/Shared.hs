module Lib.Shared where
import System.IO
