using Microsoft.Extensions.Logging.Abstractions;
using SimulationManager.Replay;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay.Listening;

/// <summary>A listener of a test's own, and what it has heard.</summary>
internal sealed class Ear : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<HeardMessage> _messages = [];

    private Ear(string address, string[] topics, SinkCredentials? credentials, long maxBytes)
    {
        Heard = new HeardMessages(maxBytes, TimeProvider.System);
        Listener = OutputEndpoint.ParseAll([address]).Single().Listen(new ListenPlan
        {
            Topics = topics,
            Heard = Heard,
            Process = $"ear-{Guid.NewGuid():N}",
            Simulation = "7",
            Credentials = credentials is null ? [] : new Dictionary<string, SinkCredentials> { ["given"] = credentials },
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        });
    }

    public HeardMessages Heard { get; }

    public ITopicListener Listener { get; }

    /// <summary>What was heard, taken from the queue.</summary>
    public IReadOnlyList<HeardMessage> Messages
    {
        get
        {
            while (Heard.TryTake(out var message)) _messages.Add(message);
            return _messages;
        }
    }

    /// <summary>Begins to listen, without waiting for it.</summary>
    public static Ear Open(string address, string[] topics, SinkCredentials? credentials = null, long maxBytes = 64 << 20) => new(address, topics, credentials, maxBytes);

    /// <summary>Listens.</summary>
    public static async Task<Ear> ListenAsync(string address, params string[] topics)
    {
        var ear = Open(address, topics);
        await ear.UntilSubscribedAsync();
        return ear;
    }

    public Task UntilSubscribedAsync() => UntilAsync(() => Listener.Status.IsSubscribed, "the subscription");

    public Task UntilHeardAsync(int messages) => UntilAsync(() => Messages.Count >= messages, $"{messages} messages");

    public Task UntilErrorAsync(string text) => UntilAsync(() => Listener.Status.Error?.Contains(text, StringComparison.Ordinal) == true, $"the error '{text}'");

    public async Task UntilAsync(Func<bool> condition, string what)
    {
        try
        {
            await Wait.UntilAsync(condition, Limit, what);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message} {Listener.Status}", exception);
        }
    }

    public ValueTask DisposeAsync() => Listener.DisposeAsync();
}
