using System.Buffers;
using System.Text.Json;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using StackExchange.Redis;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>How each agent of a run stands, as workers have told it last, in one message of JSON (<see cref="FleetSchemas.Table"/>). For any number of threads.</summary>
internal sealed partial class FleetTable(LiveAgentStore live, ILogger<FleetTable> logger)
{
    /// <summary>Reads how the agents that play stand.</summary>
    /// <param name="execution">The run.</param>
    /// <param name="catalog">Who plays.</param>
    /// <returns>The table; null: nobody plays, or Redis is away.</returns>
    public async Task<byte[]?> TryReadAsync(long execution, FeedCatalog catalog)
    {
        if (catalog.Agents.Count == 0) return null;
        try
        {
            return Write(catalog, await live.ReadAsync(execution, catalog.Agents[0].Number, catalog.Agents[^1].Number));
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogRedisAway(logger, exception, execution);
            return null;
        }
    }

    /// <summary>Where an agent is, from its bag's first message; null: it is not known.</summary>
    public async Task<TimeSpan?> TryReadPositionAsync(long execution, long agent)
    {
        try
        {
            return (await live.ReadAsync(execution, agent, agent)).TryGetValue(agent, out var state)
                ? TimeSpan.FromTicks((state.Cohort.PassStart + state.Agent.Position) / TimeSpan.NanosecondsPerTick)
                : null;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogRedisAway(logger, exception, execution);
            return null;
        }
    }

    /// <summary>Agents by number; those of which no worker has told yet are left out.</summary>
    internal static byte[] Write(FeedCatalog catalog, IReadOnlyDictionary<long, (LiveAgent Agent, LiveCohort Cohort)> known)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteStartArray("agents");
            foreach (var agent in catalog.Agents)
            {
                if (known.TryGetValue(agent.Number, out var state)) Write(json, agent, state.Agent, state.Cohort);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return output.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, FeedAgent agent, LiveAgent state, LiveCohort cohort)
    {
        json.WriteStartObject();
        json.WriteNumber("instanceId", agent.Number);
        json.WriteString("name", agent.Name);
        json.WriteString("status", state.Status.ToWire());
        if (state.Status == RunStatus.Completed) json.WriteNumber("progress", 100);
        else if (agent.Repeats is { } repeats) json.WriteNumber("progress", AgentProgress.OfPasses(state, cohort, repeats));
        json.WriteNumber("positionPercent", AgentProgress.OfPass(state, cohort));
        json.WriteNumber("currentRepeat", state.RepeatsDone);
        json.WriteNumber("messagesOut", state.MessagesOut);
        json.WriteNumber("messagesDropped", state.MessagesDropped);
        json.WriteNumber("latenessP50", state.LatenessP50);
        json.WriteNumber("latenessP99", state.LatenessP99);
        json.WriteEndObject();
    }

    [LoggerMessage(723, LogLevel.Debug, "Redis is away: how agents of execution {Execution} stand is not told at the moment")]
    private static partial void LogRedisAway(ILogger logger, Exception exception, long execution);
}
