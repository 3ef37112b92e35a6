using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Core.Bundles;

/// <summary>
/// Bundles on this machine's disk: each is fetched and opened once, however many ask for it, and stays until the space
/// is needed for another. A bundle in use is never removed. One that has an index is opened as soon as that is here.
/// </summary>
public sealed partial class BundleCache : IAsyncDisposable
{
    /// <summary>Its spans.</summary>
    private static readonly ActivitySource s_activities = new("SimulationManager.Bundles");

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly ObjectFetch _objects;
    private readonly ScratchFolder _folder;
    private readonly long _capacity;
    private readonly long _memoryPerBundle;
    private readonly TimeProvider _time;
    private readonly ILogger<BundleCache> _logger;
    private readonly CancellationTokenSource _closing = new();

    public BundleCache(BundleStore store, IOptions<BundleCacheOptions> options, TimeProvider time, ILogger<BundleCache> logger)
    {
        _objects = new ObjectFetch(store, options.Value.FetchWithin, time, logger);
        _folder = ScratchFolder.Create(options.Value.CacheFolder, "bundles");
        _capacity = options.Value.CacheSize;
        _memoryPerBundle = options.Value.MemoryPerBundle;
        _time = time;
        _logger = logger;
    }

    /// <summary>The opened bundle; when it is not here, it or its index is fetched first. Dispose the lease when it is no longer played.</summary>
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
                entry.Recording = OpenAsync(key, files, entry);
                _entries.Add(key, entry);
            }
            entry.Leases++;
        }
        try
        {
            var recording = await entry.Recording.WaitAsync(cancellationToken);
            return new BundleLease(recording, entry.Complete, () => Return(entry));
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
        foreach (var entry in entries)
        {
            await ((Task)entry.Recording).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await entry.Complete.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        foreach (var entry in entries) entry.Opened?.Dispose();
        _folder.Dispose();
        _closing.Dispose();
    }

    private async Task<Recording> OpenAsync(string key, IReadOnlyList<PlannedFile> files, Entry entry)
    {
        // Leave the caller's lock, and its turn if it is a grain: opening a bag reads files.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var folder = _folder.PathOf(key);
        return await WorkAsync("bundle open", key, files, entry, async () =>
        {
            Evict();
            Directory.CreateDirectory(folder);
            var recording = await BeginAsync(key, files, folder, entry) ?? await FetchAsync(files, folder, entry);
            lock (_lock) entry.Opened = recording;
            LogOpened(_logger, files[0].ObjectKey, files.Count);
            return recording;
        });
    }

    private async Task<Recording> FetchAsync(IReadOnlyList<PlannedFile> files, string folder, Entry entry)
    {
        foreach (var file in files.Where(file => file.Kind != TemplateFileKind.Index)) await _objects.FetchAsync(file, PathOf(file, folder), _closing.Token);
        var recording = Recording.Open(folder, _memoryPerBundle, _closing.Token);
        Measure(folder, entry);
        return recording;
    }

    /// <summary>Opens the bundle by its index; the files follow. Null: it has none that can be read.</summary>
    private async Task<Recording?> BeginAsync(string key, IReadOnlyList<PlannedFile> files, string folder, Entry entry)
    {
        if (files.FirstOrDefault(file => file.Kind == TemplateFileKind.Index) is not { } planned) return null;
        var (path, byName) = (PathOf(planned, folder), files.Where(file => file.Kind == TemplateFileKind.Bag).ToDictionary(file => file.FileName));
        // First, so that people read of a file that they have sent.
        await _objects.CheckAsync([.. byName.Values], _closing.Token);
        await _objects.FetchAsync(planned, path, _closing.Token);
        if (OpenIndex(path, byName.Keys) is not { } index) return null;
        var arriving = new ArrivingFiles(_objects, [.. index.Files.Select(name => (byName[name], PathOf(byName[name], folder)))]);
        var recording = Recording.Open(folder, index, arriving, _memoryPerBundle, _closing.Token);
        entry.Complete = CompleteAsync(key, files, folder, entry, recording, arriving);
        return recording;
    }

    /// <summary>Another version of this system may have made it.</summary>
    private BagIndex? OpenIndex(string path, IReadOnlyCollection<string> files)
    {
        try
        {
            var index = BagIndex.Open(path);
            return index.Files.All(files.Contains) ? index : throw new BagFormatException(BagError.ValueInvalid, "The index is of another bundle.");
        }
        catch (BagFormatException exception)
        {
            LogIndexUnusable(_logger, exception);
            return null;
        }
    }

    private async Task CompleteAsync(string key, IReadOnlyList<PlannedFile> files, string folder, Entry entry, Recording recording, ArrivingFiles arriving) =>
        await WorkAsync("bundle download", key, files, entry, async () =>
        {
            await arriving.FetchAsync(_closing.Token);
            recording.OpenFiles(_closing.Token);
            Measure(folder, entry);
            return true;
        });

    /// <summary>Does what an entry depends on: when it fails, the entry and its files go.</summary>
    private async Task<T> WorkAsync<T>(string name, string key, IReadOnlyList<PlannedFile> files, Entry entry, Func<Task<T>> work)
    {
        using var activity = s_activities.StartActivity(name);
        activity?.SetTag("bundle.files", files.Count).SetTag("bundle.bytes", files.Sum(file => file.Size));
        try
        {
            return await work();
        }
        catch (Exception exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            var folder = _folder.PathOf(key);
            DeleteFolder(folder);
            // Here, not where it is waited for: nobody may wait any more, and the next run must not get this failure.
            Forget(key, entry);
            if (exception is not BagFormatException) throw;
            // The reader's reason is a sentence for people; where this process keeps bundles is nobody's business.
            throw new BundleUnusableException($"the bag cannot be read: {exception.Message.Replace(folder, "the bundle", StringComparison.Ordinal)}", exception);
        }
    }

    private static string PathOf(PlannedFile file, string folder)
    {
        var name = file.Kind switch
        {
            TemplateFileKind.Metadata => BagMetadataReader.FileName,
            TemplateFileKind.Index => Recording.IndexName,
            _ => file.FileName,
        };
        BundlePath.Check(name, "the template");
        return Path.Combine(folder, name);
    }

    private void Return(Entry entry)
    {
        lock (_lock)
        {
            entry.Leases--;
            entry.LastUsed = _time.GetTimestamp();
            if (entry is { Leases: 0, IsForgotten: true }) entry.Opened?.Dispose();
        }
    }

    private void Forget(string key, Entry entry)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var current) && current == entry) _entries.Remove(key);
            entry.IsForgotten = true;
            if (entry.Leases == 0) entry.Opened?.Dispose();
        }
    }

    /// <summary>Counts what the bundle takes up: its files as stored and the copies that were decompressed from them.</summary>
    private void Measure(string folder, Entry entry)
    {
        var size = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        lock (_lock) entry.Size = size;
        Evict();
    }

    private void Evict()
    {
        lock (_lock)
        {
            var size = _entries.Values.Sum(entry => entry.Size);
            var idle = _entries.Where(pair => pair.Value is { Leases: 0, Opened: not null, Complete.IsCompleted: true }).OrderBy(pair => pair.Value.LastUsed).ToArray();
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

    [LoggerMessage(305, LogLevel.Warning, "A bundle's index cannot be read; its agents wait until all of it is fetched")]
    private static partial void LogIndexUnusable(ILogger logger, Exception exception);

    [LoggerMessage(303, LogLevel.Information, "Removed the bundle {Bundle} ({Size} bytes) from the cache to make room")]
    private static partial void LogEvicted(ILogger logger, string bundle, long size);

    private sealed class Entry
    {
        public Task<Recording> Recording { get; set; } = null!;
        public Recording? Opened { get; set; }

        /// <summary>Ends when all of it is here. Set before <see cref="Recording"/> ends.</summary>
        public Task Complete { get; set; } = Task.CompletedTask;

        /// <summary>True for one that failed: it goes with its last lease.</summary>
        public bool IsForgotten { get; set; }

        /// <summary>Bytes on disk; until it is opened, those that are fetched.</summary>
        public required long Size { get; set; }

        public int Leases { get; set; }
        public long LastUsed { get; set; }
    }
}

/// <summary>Keeps a bundle in the cache until disposed.</summary>
public sealed class BundleLease(Recording recording, Task complete, Action giveBack) : IDisposable
{
    private Action? _giveBack = giveBack;

    public Recording Recording { get; } = recording;

    /// <summary>Ends when all files are here.</summary>
    /// <exception cref="BundleUnusableException">They will not come.</exception>
    public Task Complete { get; } = complete;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
