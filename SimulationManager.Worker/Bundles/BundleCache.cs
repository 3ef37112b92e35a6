using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Rosbag2;
using SimulationManager.Worker.Replay;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Bundles;

/// <summary>
/// Bundles on this silo's disk: each is fetched and opened once, however many cohorts ask for it, and stays until the space
/// is needed for another. A bundle in use is never removed.
/// </summary>
public sealed partial class BundleCache : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly BundleStore _store;
    private readonly ScratchFolder _folder;
    private readonly long _capacity;
    private readonly TimeSpan _fetchWithin;
    private readonly TimeProvider _time;
    private readonly ILogger<BundleCache> _logger;
    private readonly CancellationTokenSource _closing = new();

    public BundleCache(BundleStore store, IOptions<ReplayOptions> options, TimeProvider time, ILogger<BundleCache> logger)
    {
        _store = store;
        _folder = ScratchFolder.Create(options.Value.CacheFolder, "bundles");
        _capacity = options.Value.CacheSize;
        _fetchWithin = options.Value.FetchWithin;
        _time = time;
        _logger = logger;
    }

    /// <summary>The opened bundle, fetched first when it is not here. Dispose the lease when it is no longer played.</summary>
    /// <exception cref="BundleUnusableException">It is gone from storage, was changed there, or is damaged.</exception>
    public async Task<BundleLease> OpenAsync(IReadOnlyList<PlannedFile> files, CancellationToken cancellationToken)
    {
        var key = KeyOf(files);
        Entry entry;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            if (!_entries.TryGetValue(key, out entry!))
            {
                entry = new Entry { Size = files.Sum(file => file.Size) };
                entry.Bundle = FetchAsync(key, files, entry);
                _entries.Add(key, entry);
            }
            entry.Leases++;
        }
        try
        {
            var bundle = await entry.Bundle.WaitAsync(cancellationToken);
            return new BundleLease(bundle, () => Return(entry));
        }
        catch
        {
            Return(entry);
            throw;
        }
    }

    /// <summary>True when the bundle is here or on its way.</summary>
    public bool Contains(IReadOnlyList<PlannedFile> files)
    {
        lock (_lock) return _entries.ContainsKey(KeyOf(files));
    }

    public async ValueTask DisposeAsync()
    {
        Entry[] entries;
        lock (_lock)
        {
            if (_closing.IsCancellationRequested) return;
            _closing.Cancel();
            entries = [.. _entries.Values];
            _entries.Clear();
        }
        // A fetch that is cancelled deletes its folder, which must not be deleted at the same time with the whole.
        Task fetches = Task.WhenAll(entries.Select(entry => entry.Bundle));
        await fetches.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var entry in entries) entry.Opened?.Dispose();
        _folder.Dispose();
        _closing.Dispose();
    }

    private async Task<OpenBundle> FetchAsync(string key, IReadOnlyList<PlannedFile> files, Entry entry)
    {
        // Leave the caller's lock, and its turn if it is a grain: opening a bag reads files.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var activity = WorkerTelemetry.Activities.StartActivity("bundle download");
        activity?.SetTag("bundle.files", files.Count).SetTag("bundle.bytes", files.Sum(file => file.Size));
        var folder = _folder.PathOf(key);
        try
        {
            Evict();
            Directory.CreateDirectory(folder);
            foreach (var file in files) await FetchAsync(file, folder, _closing.Token);
            var bundle = OpenBundle.Open(folder, _closing.Token);
            lock (_lock) (entry.Opened, entry.Size) = (bundle, SizeOf(folder));
            LogOpened(_logger, files[0].ObjectKey, files.Count);
            Evict();
            return bundle;
        }
        catch (Exception exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            DeleteFolder(folder);
            // Here, not where it is waited for: nobody may wait any more, and the next run must not get this failure.
            Forget(key, entry);
            if (exception is not BagFormatException) throw;
            // The reader's reason is a sentence for people; where this silo keeps bundles is nobody's business.
            throw new BundleUnusableException($"the bag cannot be read: {exception.Message.Replace(folder, "the bundle", StringComparison.Ordinal)}", exception);
        }
    }

    private async Task FetchAsync(PlannedFile file, string folder, CancellationToken cancellationToken)
    {
        var name = file.Kind == TemplateFileKind.Metadata ? BagMetadataReader.FileName : file.FileName;
        BundlePath.Check(name, "the template");
        var path = Path.Combine(folder, name);
        var started = _time.GetTimestamp();
        for (var delay = FirstRetryDelay; ; delay = delay * 2 < LongestRetryDelay ? delay * 2 : LongestRetryDelay)
        {
            try
            {
                await _store.DownloadAsync(file.ObjectKey, path, cancellationToken);
                var size = new FileInfo(path).Length;
                if (size == file.Size) return;
                throw new BundleUnusableException(
                    $"'{file.FileName}' is {size} bytes in object storage, {file.Size} when the run was started: the bundle was changed");
            }
            catch (BundleNotFoundException exception)
            {
                throw new BundleUnusableException($"'{file.FileName}' is not in object storage any more: upload the template's files again", exception);
            }
            catch (Exception exception) when (exception is not (BundleUnusableException or OperationCanceledException))
            {
                if (_time.GetElapsedTime(started) > _fetchWithin)
                {
                    LogGivenUp(_logger, exception, file.ObjectKey);
                    throw new BundleUnusableException($"'{file.FileName}' could not be fetched from object storage within {_fetchWithin.TotalSeconds:0} s: see the worker's log", exception);
                }

                LogRetry(_logger, exception, file.ObjectKey, delay.TotalMilliseconds);
                await Task.Delay(delay, _time, cancellationToken);
            }
        }
    }

    private void Return(Entry entry)
    {
        lock (_lock)
        {
            entry.Leases--;
            entry.LastUsed = _time.GetTimestamp();
        }
    }

    private void Forget(string key, Entry entry)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var current) && current == entry) _entries.Remove(key);
        }
    }

    private void Evict()
    {
        lock (_lock)
        {
            var size = _entries.Values.Sum(entry => entry.Size);
            var idle = _entries.Where(pair => pair.Value is { Leases: 0, Opened: not null }).OrderBy(pair => pair.Value.LastUsed).ToArray();
            foreach (var (key, entry) in idle)
            {
                if (size <= _capacity) return;
                size -= entry.Size;
                _entries.Remove(key);
                entry.Opened!.Dispose();
                DeleteFolder(_folder.PathOf(key));
                LogEvicted(_logger, key, entry.Size);
            }
        }
    }

    /// <summary>Bytes of the files as stored and of the copies that were decompressed from them.</summary>
    private static long SizeOf(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static string KeyOf(IReadOnlyList<PlannedFile> files)
    {
        var names = string.Join('\n', files.Select(file => $"{file.Kind} {file.ObjectKey} {file.Size}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(names)))[..32];
    }

    [LoggerMessage(301, LogLevel.Information, "Opened the bundle {Bundle} of {Files} file(s)")]
    private static partial void LogOpened(ILogger logger, string bundle, int files);

    [LoggerMessage(302, LogLevel.Warning, "Could not fetch {Object}; trying again in {Delay} ms")]
    private static partial void LogRetry(ILogger logger, Exception exception, string @object, double delay);

    [LoggerMessage(304, LogLevel.Error, "Could not fetch {Object}; the agents that wait for it fail")]
    private static partial void LogGivenUp(ILogger logger, Exception exception, string @object);

    [LoggerMessage(303, LogLevel.Information, "Removed the bundle {Bundle} ({Size} bytes) from the cache to make room")]
    private static partial void LogEvicted(ILogger logger, string bundle, long size);

    private sealed class Entry
    {
        public Task<OpenBundle> Bundle { get; set; } = null!;
        public OpenBundle? Opened { get; set; }

        /// <summary>Bytes on disk; until it is opened, those that are fetched.</summary>
        public required long Size { get; set; }

        public int Leases { get; set; }
        public long LastUsed { get; set; }
    }
}

/// <summary>Keeps a bundle in the cache until disposed.</summary>
public sealed class BundleLease(OpenBundle bundle, Action giveBack) : IDisposable
{
    private Action? _giveBack = giveBack;

    public OpenBundle Bundle { get; } = bundle;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
