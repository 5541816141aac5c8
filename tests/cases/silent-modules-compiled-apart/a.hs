import qualified Lib.Shared
