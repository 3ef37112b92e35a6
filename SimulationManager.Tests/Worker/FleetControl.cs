using System.Diagnostics;
using System.Text.Json.Nodes;
using SimulationManager.Tests.Npm;
using SimulationManager.Tests.Servers;

namespace SimulationManager.Tests.Worker;

/// <summary>A fleet control for VDA 5050 vehicles of both releases that is not ours: <c>fleet-control.mjs</c>, on npm <c>mqtt</c>.</summary>
internal sealed class FleetControl : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private FleetControl(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <param name="broker">The port of the broker.</param>
    /// <param name="vehicles">How many vehicles there are.</param>
    public static async Task<FleetControl> StartAsync(int broker, int vehicles) => new(await NpmPackages.StartAsync(
        "fleet-control.mjs", [$"mqtt://127.0.0.1:{broker}", Path.Combine(AppContext.BaseDirectory, "Replay", "Vda5050", "Schemas"), $"{vehicles}"]));

    /// <summary>Tells it what to do, and waits until the vehicles tell that it is so; how long that may take, it knows itself.</summary>
    /// <param name="command">A name of its <c>commands</c>, with values.</param>
    public async Task<JsonNode> DoAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync() is { } answer ? JsonNode.Parse(answer)! : throw new InvalidOperationException(await _errors);
    }

    public async ValueTask DisposeAsync() => await _process.EndAsync();
}
