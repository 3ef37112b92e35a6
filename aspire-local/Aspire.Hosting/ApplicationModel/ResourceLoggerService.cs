using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>One line of a resource's log.</summary>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>A line with the moment it came in.</summary>
internal readonly record struct TimedLogLine(LogLine Line, DateTimeOffset Time);

/// <summary>Keeps what the resources wrote, the last lines of it, and passes it on.</summary>
public class ResourceLoggerService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _watching = new();
    private readonly List<ChannelWriter<(string ResourceId, LogLine Line)>> _allWatchers = [];

    public ILogger GetLogger(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return GetLogger(resource.Name);
    }

    /// <param name="resourceName">Name of a resource, or of one replica of it.</param>
    public ILogger GetLogger(string resourceName) => new ResourceLogger(this, resourceName);

    /// <summary>The lines kept so far, then each new one, until the enumeration is given up.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return WatchAsync(resource.Name);
    }

    /// <inheritdoc cref="WatchAsync(IResource)"/>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Log(resourceName).WatchAsync(CancellationToken.None);

    public void Complete(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Log(resource.Name).Complete();
    }

    public void Dispose()
    {
        foreach (var log in _logs.Values)
            log.Complete();
        lock (_watching)
            foreach (var watcher in _allWatchers)
                watcher.TryComplete();
        GC.SuppressFinalize(this);
    }

    internal void Write(string resourceId, string text, bool isError)
    {
        var line = Log(resourceId).Add(text, isError);
        lock (_watching)
            foreach (var watcher in _allWatchers)
                watcher.TryWrite((resourceId, line));
    }

    /// <summary>The lines kept so far, then new ones in batches. A reader that is too slow misses lines instead of piling them up.</summary>
    internal IAsyncEnumerable<IReadOnlyList<TimedLogLine>> WatchTimedAsync(string resourceId, CancellationToken cancellationToken) =>
        Log(resourceId).WatchTimedAsync(cancellationToken);

    internal IReadOnlyList<LogLine> LastLines(string resourceId, int count) => Log(resourceId).Last(count);

    /// <summary>Every line of every resource from now on, until the token is cancelled.</summary>
    internal async IAsyncEnumerable<(string ResourceId, LogLine Line)> WatchAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<(string, LogLine)>(new() { SingleReader = true });
        lock (_watching)
            _allWatchers.Add(channel.Writer);
        try
        {
            await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken))
                yield return line;
        }
        finally
        {
            lock (_watching)
                _allWatchers.Remove(channel.Writer);
        }
    }

    private ResourceLog Log(string resourceId) => _logs.GetOrAdd(resourceId, _ => new ResourceLog());

    private sealed class ResourceLogger(ResourceLoggerService service, string resourceId) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            service.Write(resourceId, formatter(state, exception), logLevel >= LogLevel.Error);
            if (exception is not null)
                service.Write(resourceId, exception.ToString(), isError: true);
        }
    }
}

/// <summary>The last lines of one resource.</summary>
internal sealed class ResourceLog
{
    private const int Capacity = 10_000;
    private readonly Lock _lines = new();
    private readonly Queue<TimedLogLine> _kept = [];
    private readonly List<ChannelWriter<LogLine>> _watchers = [];
    private readonly List<ChannelWriter<TimedLogLine>> _timedWatchers = [];
    private int _count;

    public LogLine Add(string text, bool isError)
    {
        lock (_lines)
        {
            var line = new LogLine(++_count, text, isError);
            if (_kept.Count == Capacity)
                _kept.Dequeue();
            var timed = new TimedLogLine(line, TimeProvider.System.GetUtcNow());
            _kept.Enqueue(timed);
            foreach (var watcher in _watchers)
                watcher.TryWrite(line);
            foreach (var watcher in _timedWatchers)
                watcher.TryWrite(timed);
            return line;
        }
    }

    public IReadOnlyList<LogLine> Last(int count)
    {
        lock (_lines)
            return [.. _kept.TakeLast(count).Select(kept => kept.Line)];
    }

    public void Complete()
    {
        lock (_lines)
        {
            foreach (var watcher in _watchers)
                watcher.TryComplete();
            foreach (var watcher in _timedWatchers)
                watcher.TryComplete();
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<TimedLogLine>> WatchTimedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<TimedLogLine>(new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lines)
        {
            foreach (var line in _kept)
                channel.Writer.TryWrite(line);
            _timedWatchers.Add(channel.Writer);
        }
        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellationToken))
            {
                var batch = new List<TimedLogLine>();
                while (channel.Reader.TryRead(out var line))
                    batch.Add(line);
                yield return batch;
            }
        }
        finally
        {
            lock (_lines)
                _timedWatchers.Remove(channel.Writer);
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<LogLine>(new() { SingleReader = true });
        IReadOnlyList<LogLine> before;
        lock (_lines)
        {
            before = [.. _kept.Select(kept => kept.Line)];
            _watchers.Add(channel.Writer);
        }
        try
        {
            if (before.Count > 0)
                yield return before;
            await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken))
                yield return [line];
        }
        finally
        {
            lock (_lines)
                _watchers.Remove(channel.Writer);
        }
    }
}
