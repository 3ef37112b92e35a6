using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Core.Bundles;

/// <summary>
/// Files that are fetched in blocks, in their order, but what somebody waits for first and from there on. Each has its full
/// size from the beginning; what has not arrived reads as zeros.
/// </summary>
internal sealed class ArrivingFiles : IFileAvailability
{
    private const int BlockBytes = 8 * 1024 * 1024;

    /// <summary>Blocks that are fetched at once: while one is on its way, the next is asked for.</summary>
    private const int Parallelism = 2;

    private readonly ObjectFetch _fetch;
    private readonly File[] _files;
    private readonly Lock _lock = new();
    private TaskCompletionSource _arrival = NewArrival();
    private (int File, int Block) _next;

    /// <param name="fetch">Fetches from object storage.</param>
    /// <param name="files">The files and where they go.</param>
    public ArrivingFiles(ObjectFetch fetch, IReadOnlyList<(PlannedFile File, string Path)> files)
    {
        _fetch = fetch;
        _files = [.. files.Select(file => new File(file.File, file.Path))];
    }

    /// <summary>Fetches everything.</summary>
    /// <exception cref="BundleUnusableException">A file is gone, was changed, or cannot be fetched in time. Who waits gets the same.</exception>
    public async Task FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var file in _files) file.Create();
            await Parallel.ForEachAsync(
                Missing(), new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (block, token) => await FetchAsync(block.File, block.Block, token));
        }
        catch (Exception exception)
        {
            lock (_lock) _arrival.TrySetException(exception);
            // Nobody need wait.
            _ = _arrival.Task.Exception;
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="BundleUnusableException">It will not come.</exception>
    public async ValueTask WaitAsync(int file, long position, long length, CancellationToken cancellationToken)
    {
        while (AskFor(file, position, length) is { } arrival) await arrival.WaitAsync(cancellationToken);
    }

    /// <summary>Null: all of it is there. Otherwise it comes next, and the task ends when something has come.</summary>
    private Task? AskFor(int file, long position, long length)
    {
        lock (_lock)
        {
            var blocks = _files[file].Blocks;
            for (var block = (int)(position / BlockBytes); block < blocks.Length && block * (long)BlockBytes < position + length; block++)
            {
                if (blocks[block] == BlockState.Here) continue;
                if (blocks[block] == BlockState.Missing) _next = (file, block);
                return _arrival.Task;
            }
            return null;
        }
    }

    private IEnumerable<(File File, int Block)> Missing()
    {
        while (TakeNext() is { } block) yield return block;
    }

    /// <summary>The first block from the wanted one on that nobody fetches; after the last file come those before it.</summary>
    private (File File, int Block)? TakeNext()
    {
        lock (_lock)
        {
            for (var turn = 0; turn <= _files.Length; turn++)
            {
                var (file, from) = (_files[_next.File], _next.Block);
                var block = Array.IndexOf(file.Blocks, BlockState.Missing, Math.Min(from, file.Blocks.Length));
                if (block >= 0)
                {
                    file.Blocks[block] = BlockState.Fetching;
                    _next.Block = block + 1;
                    return (file, block);
                }
                _next = ((_next.File + 1) % _files.Length, 0);
            }
            return null;
        }
    }

    private async Task FetchAsync(File file, int block, CancellationToken cancellationToken)
    {
        var position = block * (long)BlockBytes;
        await _fetch.FetchAsync(file.Planned, file.Path, position, Math.Min(BlockBytes, file.Planned.Size - position), cancellationToken);
        TaskCompletionSource arrival;
        lock (_lock)
        {
            file.Blocks[block] = BlockState.Here;
            (arrival, _arrival) = (_arrival, NewArrival());
        }
        arrival.SetResult();
    }

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private enum BlockState : byte
    {
        Missing,
        Fetching,
        Here,
    }

    private sealed class File(PlannedFile planned, string path)
    {
        public PlannedFile Planned => planned;

        public string Path => path;

        public BlockState[] Blocks { get; } = new BlockState[(planned.Size + BlockBytes - 1) / BlockBytes];

        public void Create()
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            file.SetLength(planned.Size);
        }
    }
}
