using Microsoft.Extensions.Logging;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Core.Bundles;

/// <summary>Fetches planned files from object storage, again and again while it is away.</summary>
/// <param name="store">The object storage.</param>
/// <param name="within">How long it may be away.</param>
/// <param name="time">Time.</param>
/// <param name="logger">Logs what is tried again.</param>
internal sealed partial class ObjectFetch(BundleStore store, TimeSpan within, TimeProvider time, ILogger logger)
{
    /// <summary>A recording may have a thousand files.</summary>
    private const int ChecksAtOnce = 16;

    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(5);

    /// <summary>Fetches a whole file.</summary>
    /// <exception cref="BundleUnusableException">It is gone, was changed, or cannot be fetched in time.</exception>
    public Task FetchAsync(PlannedFile file, string path, CancellationToken cancellationToken) => RetryAsync(file, async () =>
    {
        await store.DownloadAsync(file.ObjectKey, path, cancellationToken);
        return new FileInfo(path).Length;
    }, cancellationToken);

    /// <summary>Fetches a part of a file to its place in the file at <paramref name="path"/>.</summary>
    /// <exception cref="BundleUnusableException">It is gone, was changed, or cannot be fetched in time.</exception>
    public Task FetchAsync(PlannedFile file, string path, long position, long length, CancellationToken cancellationToken) => RetryAsync(file, async () =>
    {
        await using var target = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        target.Position = position;
        return await store.CopyRangeAsync(file.ObjectKey, position, length, target, cancellationToken);
    }, cancellationToken);

    /// <summary>Checks that all files are there as they were when they were checked.</summary>
    /// <exception cref="BundleUnusableException">One is gone or was changed, or it cannot be found out in time.</exception>
    public Task CheckAsync(IReadOnlyList<PlannedFile> files, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        files, new ParallelOptions { MaxDegreeOfParallelism = ChecksAtOnce, CancellationToken = cancellationToken },
        async (file, token) => await RetryAsync(file, () => store.CopyRangeAsync(file.ObjectKey, 0, 1, Stream.Null, token), token));

    /// <param name="file">What is fetched.</param>
    /// <param name="fetch">Fetches, and returns the size that the file has in storage.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task RetryAsync(PlannedFile file, Func<Task<long>> fetch, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var delay = FirstRetryDelay; ; delay = delay * 2 < LongestRetryDelay ? delay * 2 : LongestRetryDelay)
        {
            try
            {
                RefuseChanged(file, await fetch());
                return;
            }
            catch (BundleNotFoundException exception)
            {
                throw new BundleUnusableException($"'{file.FileName}' is not in object storage any more: upload the template's files again", exception);
            }
            catch (Exception exception) when (exception is not (BundleUnusableException or OperationCanceledException))
            {
                if (time.GetElapsedTime(started) > within)
                {
                    LogGivenUp(logger, exception, file.ObjectKey);
                    throw new BundleUnusableException($"'{file.FileName}' could not be fetched from object storage within {within.TotalSeconds:0} s: see the log", exception);
                }

                LogRetry(logger, exception, file.ObjectKey, delay.TotalMilliseconds);
                await Task.Delay(delay, time, cancellationToken);
            }
        }
    }

    private static void RefuseChanged(PlannedFile file, long size)
    {
        if (size == file.Size) return;
        throw new BundleUnusableException($"'{file.FileName}' is {size} bytes in object storage, {file.Size} when it was checked: the bundle was changed");
    }

    [LoggerMessage(302, LogLevel.Warning, "Could not fetch {Object}; trying again in {Delay} ms")]
    private static partial void LogRetry(ILogger logger, Exception exception, string @object, double delay);

    [LoggerMessage(304, LogLevel.Error, "Could not fetch {Object}; the agents that wait for it fail")]
    private static partial void LogGivenUp(ILogger logger, Exception exception, string @object);
}
