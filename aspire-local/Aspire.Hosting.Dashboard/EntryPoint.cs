using System.Diagnostics;
using Aspire.Hosting.Dashboard.Hosting;

namespace Aspire.Hosting.Dashboard;

// Not top-level statements: their class would have the name of every other program's in a test project that refers to several.
internal static class EntryPoint
{
    /// <summary><c>true</c>: what is watched comes first when the processors are busy.</summary>
    private const string BackgroundVariable = "DASHBOARD__BACKGROUND";

    private static Task<int> Main(string[] args)
    {
        // Before anything else: on Linux a thread keeps the priority that its creator had.
        if (Environment.GetEnvironmentVariable(BackgroundVariable) == "true")
        {
            using var self = Process.GetCurrentProcess();
            self.PriorityClass = ProcessPriorityClass.BelowNormal;
        }

        return DashboardApplication.RunAsync(args);
    }
}
