using System.Diagnostics;

namespace SimulationManager.Tests.Servers;

/// <summary>What tests do to the processes that they start.</summary>
internal static class ProcessExtensions
{
    /// <summary>Sends it a signal: <c>STOP</c> holds it, <c>CONT</c> lets it go on.</summary>
    public static async Task SignalAsync(this Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it at once, as a crash does.</summary>
    public static async Task EndAsync(this Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
