using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Model;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Servers;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker.Faults;

/// <summary>
/// A whole system, workers in processes of their own, in which things can be broken: runs are started and stopped over HTTP, and
/// once they are over the model says what the database must hold.
/// </summary>
internal sealed class FaultySystem : IAsyncDisposable
{
    private const int MessagesPerPass = 113;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly BackingServers _servers;
    private readonly Dictionary<string, string?> _settings;
    private readonly List<WorkerProcess> _workers = [];
    private readonly WorkerHost _reader;
    private readonly int _workersAtLeast;
    private readonly TransitionLog _log;
    private ApiHost _api = null!;
    private ApiClient _client = null!;
    private long _template;
    private string _lastAnswer = "none";

    private FaultySystem(BackingServers servers, Dictionary<string, string?> settings, WorkerHost reader, int workersAtLeast)
    {
        _workersAtLeast = workersAtLeast;
        _servers = servers;
        _settings = settings;
        _reader = reader;
        _log = new TransitionLog(settings["ConnectionStrings:robotdb"]!);
    }

    private Scenario Records => new(_reader.Services);

    /// <param name="servers">Servers that only this system uses while it lives.</param>
    /// <param name="name">Names the cluster.</param>
    /// <param name="workers">Worker processes to start with.</param>
    /// <param name="workersAtLeast">When fewer are left, another one is started.</param>
    public static async Task<FaultySystem> StartAsync(BackingServers servers, string name, int workers, int workersAtLeast)
    {
        var settings = servers.Settings(name);
        settings["Auth:SignInsPerAddress"] = settings["Auth:FailedSignInsPerAccount"] = "100000";
        settings["Auth:PasswordHash:MemoryKibibytes"] = "8192";
        settings["Runs:Rebalance"] = nameof(RebalancePolicy.WhenUneven);
        settings["Uploads:SpoolFolder"] = Path.Combine(servers.Folder, "spool");
        // Reads and writes the servers without being a silo of the cluster under test.
        var reader = await WorkerHost.BuildAsync(servers.Settings($"{name}-reader"));
        var system = new FaultySystem(servers, settings, reader, workersAtLeast);
        await system._log.InstallAsync();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => system.StartWorkerAsync()).Append(system.StartApiAsync()));
        system._template = await TestBundle.UploadAsync(system._client);
        return system;
    }

    /// <summary>Plays a plan, breaks what it says, and returns what is not as the model has it; nothing when all is well.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(FaultPlan plan)
    {
        // What the plan before has broken last may still answer 503: come back, as any client is told to.
        var (simulation, execution) = (0L, 0L);
        await Wait.UntilAsync(
            async () => await _client.PostAsync("/api/simulation", PatternOf(plan, _template)) is { Status: HttpStatusCode.Created } created && (simulation = (long)created.Data["simulationId"]!) > 0,
            Patience, "the simulation to be created");
        await Wait.UntilAsync(
            async () => await _client.PostAsync($"/api/simulation/{simulation}/start") is { Status: HttpStatusCode.OK } started && (execution = (long)started.Data["executionId"]!) > 0,
            Patience, "the run to be started");
        try
        {
            var commands = CommandAsync(plan, simulation, execution);
            await Task.WhenAll(BreakAsync(plan), StopAsync(plan, simulation, execution), commands);
            if (plan.StopAfter is null) await ReachedAsync(plan, simulation, execution);
            if (await commands && plan.StopAfter is null)
            {
                if (!await PauseHoldsAsync(execution)) return ["a run that was paused has ended"];
                await PostAsync($"/api/simulation/{simulation}/execution/{execution}/resume", null, "the resume to be taken");
            }
            await Wait.UntilAsync(async () => await TryStatusAsync(execution) is { } status && status.IsTerminal(), Patience, "the run to end");
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{plan}: {exception.Message} The API's last answer: {_lastAnswer}. The workers say: {string.Join("\n---\n", _workers.Select(worker => worker.Output))}", exception);
        }
        return await CheckAsync(plan, execution);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _api.DisposeAsync();
        foreach (var worker in _workers) await worker.DisposeAsync();
        await _reader.DisposeAsync();
    }

    private static object PatternOf(FaultPlan plan, long template)
    {
        object[] parts = [.. plan.Parts.Select((part, index) => new
        {
            stepOrder = index + 1,
            templateId = template,
            autonomousAgentCount = part.Agents,
            executionTime = 120,
            delayAfterCompletion = part.Delay,
            repeatCount = part.Repeats,
            playback = new { rate = part.Rate },
        })];
        return plan.Pattern == PatternType.Sequential ? Plans.Sequential(Plans.NewName(), parts) : Plans.Parallel(Plans.NewName(), parts);
    }

    private async Task BreakAsync(FaultPlan plan)
    {
        var random = new Random(plan.Seed);
        foreach (var (after, fault) in plan.Faults)
        {
            await Task.Delay(after);
            await BreakAsync(fault, random);
        }
    }

    private async Task BreakAsync(Fault fault, Random random)
    {
        switch (fault)
        {
            case Fault.KillSilo or Fault.DrainSilo:
                var worker = _workers[random.Next(_workers.Count)];
                if (fault == Fault.KillSilo) await worker.KillAsync();
                else await worker.TerminateAsync();
                _workers.Remove(worker);
                await worker.DisposeAsync();
                if (_workers.Count < _workersAtLeast) await StartWorkerAsync();
                break;
            case Fault.RestartRedis:
                await _servers.StopRedisAsync();
                await _servers.StartRedisAsync();
                break;
            case Fault.RestartPostgres:
                await _servers.StopPostgresAsync();
                await _servers.StartPostgresAsync();
                break;
            case Fault.RestartStorage:
                await _servers.StopStorageAsync();
                await _servers.StartStorageAsync();
                break;
            case Fault.RestartApi:
                _client.Dispose();
                await _api.DisposeAsync();
                await StartApiAsync();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault));
        }
    }

    private async Task StopAsync(FaultPlan plan, long simulation, long execution)
    {
        if (plan.StopAfter is not { } after) return;
        await Task.Delay(after);
        await PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop", null, "the stop to be taken");
    }

    /// <summary>Gives the plan's commands; returns whether the run is paused afterwards.</summary>
    private async Task<bool> CommandAsync(FaultPlan plan, long simulation, long execution)
    {
        var paused = false;
        foreach (var (after, command) in plan.Commands)
        {
            await Task.Delay(after);
            var taken = await PostAsync($"/api/simulation/{simulation}/execution/{execution}/{command.Name}", command.Rate is { } rate ? new { rate } : null, $"the {command.Name} to be taken");
            if (!taken) return false;
            if (command.Name is "pause" or "resume") paused = command.Name == "pause";
        }
        return paused;
    }

    /// <summary>Asks until the API has done it (true), or says that the run has ended (false).</summary>
    private async Task<bool> PostAsync(string path, object? body, string what)
    {
        HttpStatusCode? status = null;
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    var answer = await _client.PostAsync(path, body);
                    (status, _lastAnswer) = (answer.Status, $"{answer.Status}: {answer.Text}");
                }
                catch (Exception exception) when (exception is HttpRequestException or ObjectDisposedException or OperationCanceledException)
                {
                    // The API is just being restarted.
                    _lastAnswer = exception.ToString();
                }
                return status is HttpStatusCode.OK or HttpStatusCode.Conflict;
            },
            Patience, what);
        return status == HttpStatusCode.OK;
    }

    /// <summary>Waits until all agents that play have done what was asked for, at the rate that was set last; a run that has ended has nothing to do.</summary>
    private Task ReachedAsync(FaultPlan plan, long simulation, long execution) => Wait.UntilAsync(
        async () =>
        {
            if (await TryGetAsync($"/api/simulation/{simulation}/execution/{execution}") is not { } run) return false;
            if (run["execution"]!["currentStatus"]!["playback"] is not { } playback) return true;
            var rate = plan.Commands.LastOrDefault(command => command.Command.Rate is not null).Command?.Rate;
            return (double?)playback["rate"] == rate && (int?)playback["agents"] is { } agents && (int?)playback["agentsReached"] == agents;
        },
        Patience, "the commands to act");

    private async Task<JsonNode?> TryGetAsync(string path)
    {
        try
        {
            var answer = await _client.GetAsync(path);
            _lastAnswer = $"{answer.Status}: {answer.Text}";
            return answer.Status == HttpStatusCode.OK ? answer.Data : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or ObjectDisposedException or OperationCanceledException)
        {
            // The API is just being restarted.
            return null;
        }
    }

    /// <summary>
    /// Waits until the agents of a paused run, wherever they are played, put out nothing more; checkpoints are saved once a second.
    /// False: the run has ended instead.
    /// </summary>
    private async Task<bool> PauseHoldsAsync(long execution)
    {
        var (last, since, ended) = (-1L, Stopwatch.GetTimestamp(), false);
        await Wait.UntilAsync(
            async () =>
            {
                if (await TryStatusAsync(execution) is not { } status) return false;
                if (ended = status.IsTerminal()) return true;
                var count = await Records.QueryAsync(async database => (await database.ExecutionCohorts.Where(cohort => cohort.ExecutionId == execution).Select(cohort => cohort.Checkpoint).ToListAsync())
                    .Sum(checkpoint => CohortCheckpoint.FromBytes(checkpoint).Agents.Sum(agent => agent.MessagesOut)));
                if (count != last) (last, since) = (count, Stopwatch.GetTimestamp());
                return Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(4);
            },
            Patience, "the pause to hold");
        return !ended;
    }

    private async Task<RunStatus?> TryStatusAsync(long execution)
    {
        try
        {
            return (await Records.ReadAsync(execution)).Status;
        }
        catch (Exception exception) when (exception.GetBaseException() is Npgsql.NpgsqlException or System.Net.Sockets.SocketException or IOException or TimeoutException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<string>> CheckAsync(FaultPlan plan, long id)
    {
        List<string> wrong = [];
        void Must(bool holds, string what)
        {
            if (!holds) wrong.Add(what);
        }

        var execution = await Records.ReadAsync(id);
        var instances = await Records.ReadInstancesAsync(id);
        var (states, partStates) = await _log.ReadAsync(id);
        Must(states.Count == 1 && execution.Status.IsTerminal(), $"one terminal state, not {string.Join(" → ", states)}");
        Must(partStates.Values.All(part => part.Count(state => state is "COMPLETED" or "FAILED" or "STOPPED") <= 1), "at most one terminal state per part");
        Must(execution.Status == RunStatus.Completed || (plan.StopAfter is not null && execution.Status == RunStatus.Stopped), $"{execution.Status} was not asked for: {execution.Message}");
        Must(execution.EndedAt is not null && execution.Simulation is { Status: SimulationStatus.Pending } && execution.Simulation.LatestExecutionStatus == execution.Status, "the simulation is free again and knows the outcome");
        Must(execution.MessagesOut == instances.Sum(instance => instance.MessagesOut), $"{execution.MessagesOut} messages, {instances.Sum(instance => instance.MessagesOut)} by its instances");
        Must(instances.Select(instance => instance.InstanceId).Distinct().Count() == instances.Count, "one row per instance");
        Must((await Records.QueryAsync(database => Task.FromResult(database.ExecutionCohorts.Count(cohort => cohort.ExecutionId == id)))) == 0, "no cohort is left");
        foreach (var (part, planned) in execution.Parts.OrderBy(part => part.Number).Zip(plan.Parts))
        {
            var rows = instances.Where(instance => instance.PartNumber == part.Number).ToArray();
            Must(part.MessagesOut == rows.Sum(row => row.MessagesOut), $"part {part.Number} has the sum of its instances");
            Must(rows.All(row => row.MessagesOut <= planned.Repeats * MessagesPerPass), $"no instance of part {part.Number} has counted a message twice");
            foreach (var gap in part.Gaps)
            {
                Must(gap.From <= gap.To && gap.From >= part.StartedAt && gap.To <= part.EndedAt, $"the gap {gap} lies within part {part.Number}, {part.StartedAt:O} to {part.EndedAt:O}");
                Must(gap.Agents >= 1 && gap.Agents <= planned.Agents && gap.Silo.Length > 0, $"the gap {gap} is of agents of part {part.Number}");
            }
            if (part.Status == RunStatus.Pending) Must(rows.Length == 0, $"part {part.Number} was never played");
            else Must(rows.Length == planned.Agents, $"{rows.Length} of {planned.Agents} instances of part {part.Number} are in the database");
            if (part.Status != RunStatus.Completed) continue;
            Must(rows.All(row => row.MessagesOut == planned.Repeats * MessagesPerPass && row.RepeatsCompleted == planned.Repeats), $"every instance of part {part.Number} has put out all its messages");
        }
        if (execution.Status == RunStatus.Completed) Must(execution.Parts.All(part => part.Status == RunStatus.Completed) && execution.OverallProgress == 100, "all parts completed");
        return wrong;
    }

    private async Task StartWorkerAsync()
    {
        var worker = await WorkerProcess.StartAsync(_settings);
        lock (_workers) _workers.Add(worker);
    }

    private async Task StartApiAsync()
    {
        var api = await ApiHost.StartAsync(_settings);
        await api.WaitUntilPreparedAsync();
        // The admin of a database is made once; after a restart, and in the next system on the same servers, it only signs in.
        var client = api.Client();
        await client.PostAsync("/api/auth/signup", new { email = ApiFixture.AdminEmail, password = "pass-word1", password_confirm = "pass-word1", role = "admin" });
        _client = await client.SignInAsync(ApiFixture.AdminEmail);
        _api = api;
    }
}
