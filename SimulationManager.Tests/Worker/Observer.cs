using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker;

/// <summary>What an observer got.</summary>
/// <param name="Message">The message.</param>
/// <param name="Payload">Its payload.</param>
/// <param name="At">When it arrived, in nanoseconds of the engine's clock, by the observer's own watch.</param>
internal sealed record Arrival(ReplayMessage Message, byte[] Payload, long At);

/// <summary>Subscribes to what one agent of a run puts out, as a viewer does, and keeps all of it.</summary>
internal sealed class Observer : IReplaySink, IAsyncDisposable
{
    private const int Capacity = 100_000;
    private readonly ReplayClock _watch = new(TimeProvider.System);
    private readonly SinkQueue _queue;
    private ReplayCohort? _cohort;
    private long _agent;

    private Observer() => _queue = new SinkQueue(this, Capacity, NullLogger.Instance);

    public ConcurrentQueue<Arrival> Seen { get; } = new();

    public long Missed => _queue.Missed;

    /// <summary>Waits until a worker plays the agent, and subscribes to it.</summary>
    public static async Task<Observer> OfAsync(WorkerHost worker, long execution, long agent)
    {
        var observer = new Observer { _agent = agent };
        await Wait.UntilAsync(
            () => (observer._cohort = CohortOf(worker, execution, agent)) is not null, TimeSpan.FromSeconds(20), $"agent {agent} of execution {execution} to play");
        await observer._cohort!.AddSinkAsync(agent, observer._queue);
        return observer;
    }

    public async ValueTask AcceptAsync(ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        var at = _watch.Now;
        for (var i = 0; i < messages.Length; i++)
        {
            var message = messages.Span[i];
            Seen.Enqueue(new Arrival(message, await message.ReadAsync(cancellationToken), at));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cohort!.RemoveSinkAsync(_agent, _queue);
        await _queue.DisposeAsync();
    }

    private static ReplayCohort? CohortOf(WorkerHost worker, long execution, long agent) => worker.Get<CohortPlayers>().List()
        .Where(player => player.Key.Run == new RunKey(RunKind.Execution, execution))
        .Select(player => player.Cohort)
        .FirstOrDefault(cohort => cohort!.InstanceIds.Contains(agent));
}
