using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Worker.Listening;

/// <summary>What a recorder is to record.</summary>
internal sealed record RecorderPlan
{
    public required long ExecutionId { get; init; }
    public required long SimulationId { get; init; }
    public RecordingKind Kind { get; init; }

    /// <summary>Which of the run's endpoints, from 0.</summary>
    public int Listener { get; init; }

    /// <summary>The endpoint's address without its options; empty for what agents put out.</summary>
    public required string Endpoint { get; init; }

    public required string Silo { get; init; }

    /// <summary>Whether series above 0 are agents.</summary>
    public bool IsPerAgent { get; init; }
}

/// <summary>
/// Writes what a listener hears at one endpoint, or what agents put out, into files, each of which is stored once it is complete. Whatever goes wrong is told by
/// <see cref="Status"/> and by the rows of the files, and by nothing else: a run does not depend on it.
/// </summary>
internal sealed partial class EndpointRecorder(
    RecorderPlan plan, ITopicListener listener, HeardMessages heard, RecordingQuota quota, RecordingQuota scratch, Lazy<ScratchFolder> folder, RecordingStore store, ListeningOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Messages that are written before it is looked at the clock again.</summary>
    private const int MessagesPerLook = 256;

    private readonly Lock _ending = new();
    private readonly Dictionary<long, RecordingSeries> _series = new() { [0] = new RecordingSeries(0) };
    private Task _storing = Task.CompletedTask;
    private Task? _ended;
    private DateTimeOffset? _to;
    private long _openedAt = time.GetTimestamp();
    private long _messages;
    private long _bytes;
    private string? _problem;
    private string? _shortage;

    public ListeningStatus Status
    {
        get
        {
            var status = listener.Status;
            return new ListeningStatus
            {
                Endpoint = plan.Endpoint,
                Connected = status.IsSubscribed && _to is null,
                Since = status.Since,
                Messages = Interlocked.Read(ref _messages),
                Bytes = Interlocked.Read(ref _bytes),
                Missed = heard.Missed,
                Reconnects = status.Reconnects,
                Error = Volatile.Read(ref _problem) ?? status.Error ?? Volatile.Read(ref _shortage),
            };
        }
    }

    /// <summary>The same of what agents put out.</summary>
    public RecordingStatus Recording => new()
    {
        Messages = Interlocked.Read(ref _messages),
        Bytes = Interlocked.Read(ref _bytes),
        Missed = heard.Missed,
        Error = Status.Error,
    };

    /// <summary>Records until <see cref="EndAsync"/>, and stores all of it.</summary>
    /// <param name="giveUp">What cannot be stored at once is given up.</param>
    public async Task RunAsync(CancellationToken giveUp)
    {
        while (await WaitAsync())
        {
            for (var left = MessagesPerLook; left > 0 && heard.TryTake(out var message); left--) Record(message, giveUp);
            if (time.GetElapsedTime(_openedAt) >= options.SegmentInterval) CloseAll(time.GetUtcNow(), giveUp);
        }
        await EndAsync(TimeSpan.Zero);
        CloseAll(_to!.Value, giveUp, isLast: true);
        await _storing;
    }

    /// <summary>Listens for a while more and then no longer. Completes once nothing more is heard.</summary>
    public Task EndAsync(TimeSpan grace)
    {
        lock (_ending) return _ended ??= EndNowAsync();

        async Task EndNowAsync()
        {
            if (grace > TimeSpan.Zero) await Task.Delay(grace, time);
            _to = time.GetUtcNow();
            await listener.DisposeAsync();
        }
    }

    /// <summary>Waits for a message, at most until it is time to close the file.</summary>
    /// <returns>False: no more are to come.</returns>
    private async Task<bool> WaitAsync()
    {
        var left = options.SegmentInterval - time.GetElapsedTime(_openedAt);
        if (left <= TimeSpan.Zero) return true;
        using var enough = new CancellationTokenSource(left, time);
        try
        {
            return await heard.WaitAsync(enough.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private void Record(in HeardMessage message, CancellationToken giveUp)
    {
        if (_problem is not null || !quota.TryTake(RecordingSegment.SizeOf(message)))
        {
            heard.CountMissed(message.Topic);
            Stop($"recording has stopped: the run has stored {options.MaxBytes} bytes (setting {ListeningOptions.Section}:{nameof(options.MaxBytes)} of the worker)");
            return;
        }
        if (!scratch.TryTake(RecordingSegment.SizeOf(message)))
        {
            quota.Take(-RecordingSegment.SizeOf(message));
            heard.CountMissed(message.Topic);
            Volatile.Write(ref _shortage, $"messages are missed: files that wait to be stored take {options.ScratchBytes} bytes (setting {ListeningOptions.Section}:{nameof(options.ScratchBytes)} of the worker)");
            return;
        }
        var series = SeriesOf(message.Topic.Series);
        try
        {
            (series.Segment ??= Begin(series)).Write(message);
            Interlocked.Increment(ref _messages);
            Interlocked.Add(ref _bytes, message.Payload.Length);
            if (series.Segment.Bytes >= options.SegmentBytes) Close(series, heard.Topics.Where(topic => topic.Series == series.Number), time.GetUtcNow(), giveUp);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogNotWritten(logger, exception, plan.ExecutionId, plan.Endpoint);
            heard.CountMissed(message.Topic);
            Stop("recording has stopped: a file could not be written (the worker's log says why)");
            Close(series, heard.Topics.Where(topic => topic.Series == series.Number), time.GetUtcNow(), giveUp);
        }
    }

    private RecordingSeries SeriesOf(long number)
    {
        if (!_series.TryGetValue(number, out var series)) _series[number] = series = new RecordingSeries(number) { From = _series[0].From };
        return series;
    }

    private RecordingSegment Begin(RecordingSeries series)
    {
        var about = new Dictionary<string, string>
        {
            ["simulationId"] = $"{plan.SimulationId}",
            ["executionId"] = $"{plan.ExecutionId}",
            ["silo"] = plan.Silo,
            ["startedAt"] = time.GetUtcNow().ToString("O"),
        };
        if (plan.Kind == RecordingKind.Heard) about["endpoint"] = plan.Endpoint;
        if (AgentOf(series) is { } agent) about["agent"] = $"{agent}";
        return new RecordingSegment(folder.Value.PathOf($"execution-{plan.ExecutionId}-{NameOf(series)}-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}-{Guid.NewGuid().ToString("N")[..8]}"), about, OptionsOf(series));
    }

    private BagWriterOptions OptionsOf(RecordingSeries series) => RecordingSegment.Options with
    {
        Profile = plan.Kind == RecordingKind.Published ? "ros2" : "",
        // Many of these files are open at a time, and each holds a chunk in memory.
        ChunkBytes = AgentOf(series) is null ? RecordingSegment.Options.ChunkBytes : 64 * 1024,
    };

    private string NameOf(RecordingSeries series) => plan.Kind == RecordingKind.Heard ? $"{plan.Listener + 1}" : AgentOf(series) is { } agent ? $"agent-{agent}" : "agents";

    private long? AgentOf(RecordingSeries series) => plan.IsPerAgent && series.Number > 0 ? series.Number : null;

    /// <summary>Records nothing more. What agents put out is counted on; the system under test need not be heard.</summary>
    private void Stop(string problem)
    {
        if (Interlocked.CompareExchange(ref _problem, problem, null) is null && plan.Kind == RecordingKind.Heard) _ = EndAsync(TimeSpan.Zero);
    }

    private void CloseAll(DateTimeOffset now, CancellationToken giveUp, bool isLast = false)
    {
        _openedAt = time.GetTimestamp();
        var topics = heard.Topics.ToLookup(topic => topic.Series);
        // What was missed may be all that there is of a series.
        foreach (var number in topics.Select(series => series.Key)) SeriesOf(number);
        // The one that says that it is the last comes last.
        foreach (var series in _series.Values.OrderBy(series => series.IsFirst)) Close(series, topics[series.Number], now, giveUp, isLast && series.IsFirst);
    }

    /// <summary>Closes the file of a series, if there is one, and lets it be stored while the next one is recorded.</summary>
    private void Close(RecordingSeries series, IEnumerable<HeardTopic> known, DateTimeOffset now, CancellationToken giveUp, bool isLast = false)
    {
        var bytes = series.Segment?.Bytes ?? 0;
        var (path, topics, failed) = Complete(series);
        if (path is null) scratch.Take(-bytes);
        foreach (var topic in known)
        {
            if (topic.TakeMissed() is > 0 and var missed)
                topics[topic] = (topics.GetValueOrDefault(topic) ?? new RecordedTopic { Topic = topic.CountedAs, Type = topic.Type, Encoding = topic.Encoding, Messages = 0, Bytes = 0 }) with { Missed = missed };
        }
        var elsewhere = series.IsFirst ? heard.TakeMissedElsewhere() : 0;
        var status = listener.Status;
        series.From ??= status.Since;
        ListeningGap[] gaps = !series.IsFirst ? [] : [.. listener.TakeGaps(now).Select(gap => new ListeningGap(gap.From, gap.To, gap.Reason))];
        // Where nothing has happened the next row tells of this time, too.
        if (!isLast && topics.Count == 0 && elsewhere == 0 && gaps.Length == 0) return;
        var recording = new ExecutionRecording
        {
            ExecutionId = plan.ExecutionId,
            Kind = plan.Kind,
            Listener = plan.Kind == RecordingKind.Heard ? plan.Listener : (int)series.Number,
            Endpoint = plan.Endpoint,
            Agent = AgentOf(series),
            IsLast = isLast,
            Silo = plan.Silo,
            From = series.From ?? now,
            To = now,
            FileName = path is null ? null : Path.GetFileName(path),
            Size = path is null ? 0 : new FileInfo(path).Length,
            Topics = [.. RecordedTopic.SumAll(topics.Values)],
            MissedElsewhere = elsewhere,
            Gaps = [.. gaps],
            Error = failed ?? Volatile.Read(ref _problem) ?? status.Error ?? Interlocked.Exchange(ref _shortage, null),
        };
        series.From = now;
        _storing = StoreAsync(_storing, recording, path, bytes, giveUp);
    }

    private (string? Path, Dictionary<HeardTopic, RecordedTopic> Topics, string? Problem) Complete(RecordingSeries series)
    {
        if (series.Segment is not { } segment) return (null, [], null);
        series.Segment = null;
        var topics = segment.Topics().ToDictionary(entry => entry.Topic, entry => entry.Recorded);
        try
        {
            var path = segment.Complete();
            // What is stored is less, once it is compressed.
            quota.Take(new FileInfo(path).Length - segment.Bytes);
            return (path, topics, null);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            LogNotWritten(logger, exception, plan.ExecutionId, plan.Endpoint);
            foreach (var (topic, recorded) in topics) heard.CountMissed(topic, recorded.Messages);
            return (null, [], "a file could not be written (the worker's log says why)");
        }
        finally
        {
            segment.Dispose();
        }
    }

    private async Task StoreAsync(Task before, ExecutionRecording recording, string? path, long bytes, CancellationToken giveUp)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await store.SaveAsync(recording, path, giveUp);
        if (path is null) return;
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        scratch.Take(-bytes);
    }

    [LoggerMessage(483, LogLevel.Warning, "What execution {Execution} records ({Endpoint}) could not be written")]
    private static partial void LogNotWritten(ILogger logger, Exception exception, long execution, string endpoint);
}
