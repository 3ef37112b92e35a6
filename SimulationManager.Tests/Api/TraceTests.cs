using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Api;

/// <summary>One request starts a run, and all that follows from it is one trace.</summary>
public class TraceTests(ApiFixture fixture)
{
    [Fact]
    public async Task A_runs_trace_is_one_tree_from_the_request_over_grains_and_instances_to_S3_and_PostgreSQL()
    {
        const int Agents = 3;
        using var user = await fixture.UserAsync();
        // A bundle that no worker has yet: else nothing is asked of S3.
        var simulation = await Plans.CreateAsync(user, Plans.Sequential(Plans.NewName(), Plans.Step(await TestBundle.UploadAsync(user), agents: Agents, time: 1)));
        var spans = new ConcurrentBag<Activity>();
        using var source = new ActivitySource(nameof(TraceTests));
        using var listener = Listen(spans);
        ActivityTraceId trace;
        using (var caller = source.StartActivity("caller")!)
        {
            (await user.PostAsync($"/api/simulation/{simulation}/start")).Expect(HttpStatusCode.OK);
            trace = caller.TraceId;
        }
        Activity[] Tree() => [.. spans.Where(span => span.TraceId == trace)];
        await Wait.UntilAsync(() => Tree().Any(span => span.OperationName == "execution"), TimeSpan.FromSeconds(60), "the run to end");
        await Wait.UntilAsync(() => Roots(Tree()).Length == 1, TimeSpan.FromSeconds(10), "every span's parent to end");

        var tree = Tree();
        Assert.Equal("caller", Assert.Single(Roots(tree)).OperationName);
        var root = Assert.Single(tree, span => span.Kind == ActivityKind.Server && span.Source.Name == "Microsoft.AspNetCore");
        var execution = Assert.Single(tree, span => span.OperationName == "execution");
        Assert.Equal("Completed", execution.GetTagItem("execution.status"));
        var part = Assert.Single(tree, span => span.OperationName == "part");
        Assert.Contains(execution, Ancestors(part, tree));
        var play = Assert.Single(tree, span => span.Kind == ActivityKind.Server && span.OperationName.Contains("ISiloGrain/Play", StringComparison.Ordinal));
        Assert.Contains(part, Ancestors(play, tree));
        var download = Assert.Single(tree, span => span.OperationName == "bundle download");
        Assert.Contains(part, Ancestors(download, tree));
        Assert.Contains(tree, span => span.Source.Name == "System.Net.Http" && Ancestors(span, tree).Contains(download));
        Assert.Contains(tree, span => span.Source.Name == "Npgsql" && Ancestors(span, tree).Contains(root) && !Ancestors(span, tree).Contains(execution));
        Assert.Contains(tree, span => span.Source.Name == "Npgsql" && Ancestors(span, tree).Contains(part));
        Assert.Contains(tree, span => span.Source.Name == "Npgsql" && Ancestors(span, tree).Contains(execution) && !Ancestors(span, tree).Contains(part));
    }

    private static ActivityListener Listen(ConcurrentBag<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>Spans whose parent is not there.</summary>
    private static Activity[] Roots(Activity[] tree)
    {
        var known = tree.Select(span => span.SpanId).ToHashSet();
        return [.. tree.Where(span => !known.Contains(span.ParentSpanId))];
    }

    private static List<Activity> Ancestors(Activity span, Activity[] tree)
    {
        List<Activity> ancestors = [];
        for (var current = span; current is not null; current = tree.FirstOrDefault(other => other.SpanId == current.ParentSpanId)) ancestors.Add(current);
        return ancestors;
    }
}
