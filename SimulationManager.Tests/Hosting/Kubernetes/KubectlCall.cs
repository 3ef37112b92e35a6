using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>A call of <c>kubectl</c>, answered as a cluster with that content would answer it.</summary>
/// <param name="state">What the cluster holds.</param>
/// <param name="settings">What is wrong with the cluster.</param>
/// <param name="arguments">Those of the call, without <c>--context</c>.</param>
/// <param name="given">The objects that it names with <c>-k</c> or <c>-f</c>.</param>
internal sealed partial class KubectlCall(ClusterState state, FakeSettings settings, string[] arguments, IReadOnlyList<ClusterObject> given)
{
    private const string LogLine = "log line of the pod";

    private readonly string _all = string.Join(' ', arguments);

    private readonly PodTroubles _troubles = new(state, settings);

    private string Selector => Option("-l") ?? "";

    private string Space => Option("-n") ?? "";

    private IEnumerable<ClusterObject> Selected => given.Where(item => item.Matches(Selector));

    /// <summary>The workload whose pods are asked for.</summary>
    private string Workload => NameLabel().Match(Selector).Groups[1].Value;

    public ToolAnswer Run() => arguments switch
    {
        ["get", .. var rest] => Get(rest),
        ["apply", ..] => Apply(),
        ["delete", ..] when Option("-k") is not null => Delete(Selected, item => item.Resource),
        ["delete", var kinds, .. var names] => Delete(kinds, names),
        ["rollout", "status", var workload, ..] => Rollout(workload.Split('/')),
        ["create", "secret", "generic", var name, ..] => CreateSecret(name),
        ["create", "configmap", var name, ..] => Line(state.ConfigMaps.Add(name), $"configmap/{name} created"),
        ["annotate", "namespace", var name, ..] => Annotate(name),
        ["annotate", var item, ..] => Lines($"{item} annotated"),
        ["scale", "deployment", var name, ..] => Scale(name),
        ["scale", var workload, ..] => Scale(workload.Split('/')[1]),
        ["logs", ..] => Logs(),
        ["exec", ..] => Execute(),
        ["port-forward", ..] => Forward(),
        [var verb, ..] => Lines($"{verb} done"),
        [] => ToolAnswer.Error("kubectl controls the Kubernetes cluster manager."),
    };

    private static ToolAnswer Lines(params IEnumerable<string> lines) => ToolAnswer.Lines(lines);

    private static ToolAnswer Line(bool there, string line) => there ? Lines(line) : new ToolAnswer();

    private ToolAnswer Get(string[] what) => what switch
    {
        ["-k", ..] => Lines(Selected.Select(item => state.Objects.GetValueOrDefault(item.Key)).OfType<ClusterObject>().Select(item => $"---\n# {item.Kind} {item.Name} {item.Space}\n{item.Text.TrimEnd('\n')}")),
        ["--raw", "/version"] => Lines($$"""{"major": "1", "gitVersion": "{{settings.Get("FAKE_VERSION", "v1.33.1+k3s1")}}"}"""),
        ["namespace", var name, ..] when _all.Contains("last-version", StringComparison.Ordinal) => Line(Exists(name), $"{name} {state.LastVersion}"),
        ["namespace", var first, var second, ..] => Lines(((string[])[first, second]).Where(Exists).Select(name => IsTerminating(name) ? $"{name} Terminating {ToolAnswer.Of("namespace-conditions.txt")}" : $"{name} Active")),
        ["secret", var name, .., "-o", "name"] => Line(state.HasSecret(name), $"secret/{name}"),
        ["secret", var name, ..] => new(Convert.ToBase64String(Encoding.UTF8.GetBytes(state.Secrets.GetValueOrDefault((name, DataKey().Match(_all).Groups[1].Value), "")))),
        ["configmap", var name, ..] => Line(state.ConfigMaps.Contains(name), $"configmap/{name}"),
        ["job", var name, ..] => Line(_troubles.Of(name) is null, settings.Get("FAKE_JOB", "Complete ")),
        ["jobs", ..] => Lines(JobsOf(Space).Select(job => settings.Words("FAKE_RUNNING").Contains(job.Name) ? $"{job.Name} " : $"{job.Name} Complete")),
        ["jobs,pods", ..] => Lines(JobsOf(Space).Select(job => $"Job/{job.Name} {(_troubles.Of(job.Name) is null ? "1" : "")}")),
        ["statefulset,ingress", ..] => Lines([.. state.OfKind("StatefulSet").Select(item => $"statefulset.apps/{item.Name}"), .. state.OfKind("Ingress").Select(item => $"ingress.networking.k8s.io/{item.Name}")]),
        ["persistentvolume", ..] => Lines(state.OfKind("PersistentVolume", "").Select(item => $"{item.Name} {state.Volumes.GetValueOrDefault(item.Name, "Available")}")),
        ["persistentvolumeclaim", ..] => Lines(state.Claims.Select(claim => $"{claim.Key}\t{claim.Value.Class}\t{claim.Value.Volume}")),
        ["scaledobject", ..] => settings.Has("FAKE_KEDA") ? Lines("scaledobject.keda.sh/worker") : ToolAnswer.Error(ToolAnswer.Of("no-such-resource.txt", ("RESOURCE", "scaledobject"))),
        ["hpa", ..] => Lines(settings.Get("FAKE_LEAST", "2")),
        ["apiservice", ..] => Lines(settings.Get("FAKE_APISERVICE")),
        ["daemonset", ..] => Line(settings.Has("FAKE_NODE_LOCAL_DNS"), ToolAnswer.Of("node-local-dns.txt")),
        ["nodes", ..] => _all.Contains("allocatable", StringComparison.Ordinal) ? new(settings.Get("FAKE_NODES", ToolAnswer.Of("nodes.txt") + "\n")) : Lines("192.0.2.10"),
        ["deployment", var name, ..] => Lines(Replicas(name).Split(' ')[0]),
        ["pods", ..] => GetPods(),
        ["events", ..] => Lines(_troubles.ImageOf(state.LookedAt) is { } image ? ToolAnswer.Of("image-pull-events.txt", ("IMAGE", image), ("POD", "pod-1")) : "event of the pod"),
        [var workload, ..] when workload.StartsWith("deployment/", StringComparison.Ordinal) => Lines(Replicas(workload.Split('/')[1])),
        _ => Lines("get done"),
    };

    private ToolAnswer GetPods()
    {
        if (_all.Contains("in (worker,api) -o name", StringComparison.Ordinal)) return Line(state.Replicas.Any(item => item is { Key: "worker" or "api", Value.Wanted: > 0 }), "pod/api-1");
        if (_all.Contains("--all-namespaces", StringComparison.Ordinal)) return new(settings.Get("FAKE_PODS", ToolAnswer.Of("pods.txt") + "\n"));
        var trouble = _troubles.Of(Workload);
        if (_all.Contains("waiting", StringComparison.Ordinal))
        {
            return Lines($"5d8f6c7b9\t\t{Workload}-0\t{trouble switch
            {
                null or { Reason: "NotReady" } => "\t",
                { Reason: "Unschedulable" } => $"{trouble.Message}\t",
                _ => $"\t{trouble.Reason}: {trouble.Message}; ",
            }}");
        }

        if (_all.Contains("jsonpath", StringComparison.Ordinal))
        {
            state.LookedAt = Workload;
            return Lines("pod-1");
        }

        var status = trouble?.Reason switch { "Unschedulable" => "Pending", null or "NotReady" => "Running", var reason => reason };
        return Lines("NAME    READY   STATUS             RESTARTS   AGE", $"pod-1   0/1     {status,-18} 0          2m");
    }

    private IEnumerable<ClusterObject> JobsOf(string space) => state.OfKind("Job", space).Where(job => job.Matches(Selector));

    private ToolAnswer Apply()
    {
        var (accepted, lines, refusals) = (new List<ClusterObject>(), new List<string>(), new List<string>());
        foreach (var item in Selected)
        {
            var stored = state.Objects.GetValueOrDefault(item.Key);
            if (RefusalOf(item, stored) is { } refusal)
            {
                refusals.Add(refusal);
                continue;
            }

            var result = stored is null ? "created" : stored.Text == item.Text ? "unchanged" : "configured";
            var dry = _all.Contains("--dry-run=server", StringComparison.Ordinal);
            lines.Add($"{item.Resource}/{item.Name} {result}{(dry ? " (server dry run)" : "")}");
            if (dry) continue;
            state.Objects[item.Key] = item;
            accepted.Add(item);
        }

        foreach (var item in accepted)
        {
            if (item.Value is V1StatefulSet set) state.MakeClaims(set, settings.Get("FAKE_DEFAULT_CLASS"));
            else if (item.Value is V1Deployment) state.Replicas.TryAdd(item.Name, (1, 1));
        }

        return Lines(lines) with { Errors = Lines(refusals).Output, ExitCode = refusals.Count > 0 ? 1 : 0 };
    }

    private string? RefusalOf(ClusterObject item, ClusterObject? stored)
    {
        (string, string)[] names = [("FOLDER", Option("-k") ?? Option("-f") ?? ""), ("KIND", item.Resource.Replace(".", "s.", StringComparison.Ordinal)), ("NAME", item.Name), ("SPACE", item.Space)];
        if (item.Space.Length > 0 && item.Space != "kube-system" && !Exists(item.Space)) return ToolAnswer.Of("namespace-missing.txt", names);
        if (stored is null) return item.Space.Length > 0 && IsTerminating(item.Space) ? ToolAnswer.Of("namespace-terminating.txt", names) : null;
        if (JsonNode.DeepEquals(item.FixedPart, stored.FixedPart)) return null;
        return ToolAnswer.Of(item.Kind == "Job" ? "job-immutable.txt" : "statefulset-forbidden.txt", names);
    }

    private ToolAnswer Delete(string kinds, string[] names)
    {
        var lines = new List<string>();
        foreach (var kind in kinds.Split(','))
        {
            switch (kind)
            {
                case "persistentvolumeclaim":
                    foreach (var claim in state.Claims.Keys.Where(name => names.Contains("--all") || names.Contains(name)).ToArray())
                    {
                        state.ForgetClaim(claim);
                        lines.Add($"{kind} \"{claim}\" deleted");
                    }

                    break;
                case "namespace":
                    state.Forget($"Namespace::{names[0]}");
                    lines.Add($"{kind} \"{names[0]}\" deleted");
                    break;
                default:
                    lines.Add(Delete(
                        [.. state.OfKind(Singular(kind), Space).Where(item => Selector.Length > 0 ? item.Matches(Selector) : names.Contains(item.Name))], _ => kind).Output.TrimEnd('\n'));
                    break;
            }
        }

        return Lines(lines.Where(line => line.Length > 0));
    }

    private ToolAnswer Delete(IEnumerable<ClusterObject> items, Func<ClusterObject, string> resource)
    {
        var lines = new List<string>();
        foreach (var item in items)
        {
            // What is gone with its namespace is not deleted again.
            if (!state.Objects.ContainsKey(item.Key)) continue;
            state.Forget(item.Key);
            lines.Add($"{resource(item)} \"{item.Name}\" deleted");
        }

        return Lines(lines);
    }

    /// <summary>The kind that a word of a command means: <c>job</c>, <c>jobs</c> or <c>Job</c>.</summary>
    private string Singular(string word) => state.Objects.Values.Select(item => item.Kind).FirstOrDefault(kind => word.TrimEnd('s').Equals(kind, StringComparison.OrdinalIgnoreCase) || word.Equals(kind, StringComparison.OrdinalIgnoreCase)) ?? word;

    private ToolAnswer Rollout(string[] workload)
    {
        var (kind, name) = (workload[0], workload[1]);
        var (wanted, available) = state.Replicas.GetValueOrDefault(name, (1, 1));
        if (_troubles.Of(name) is not null)
        {
            return Lines(kind == "deployment" ? $"Waiting for deployment \"{name}\" rollout to finish: 0 of {wanted} updated replicas are available..." : "Waiting for 1 pods to be ready...")
                with { Errors = "error: timed out waiting for the condition\n", ExitCode = 1 };
        }

        if (kind == "statefulset") return Lines($"statefulset rolling update complete 1 pods at revision {name}-5d8f6c7b9...");
        state.Replicas[name] = (wanted, wanted);
        string[] waiting = available < wanted ? [$"Waiting for deployment \"{name}\" rollout to finish: {available} of {wanted} updated replicas are available..."] : [];
        return Lines([.. waiting, $"deployment \"{name}\" successfully rolled out"]);
    }

    /// <summary>Number of pods wanted and available. Then the autoscaler looks, which comes after the Deployment, and does nothing at 0.</summary>
    private string Replicas(string name)
    {
        if (!state.Replicas.TryGetValue(name, out var pods)) return " ";
        var least = state.ValuesOf<V2HorizontalPodAutoscaler>().FirstOrDefault(item => item.Metadata.Name == name)?.Spec.MinReplicas ?? 0;
        if (pods.Wanted > 0 && pods.Wanted < least) state.Replicas[name] = pods with { Wanted = least };
        return $"{pods.Wanted} {(pods.Available == 0 ? "" : pods.Available)}";
    }

    private ToolAnswer Scale(string deployment)
    {
        state.Replicas[deployment] = (int.Parse(Option("--replicas")!, CultureInfo.InvariantCulture), 0);
        return Lines($"deployment.apps/{deployment} scaled");
    }

    private ToolAnswer CreateSecret(string name)
    {
        var folder = arguments.Single(argument => argument.StartsWith("--from-file=", StringComparison.Ordinal))["--from-file=".Length..];
        foreach (var file in Directory.EnumerateFiles(folder)) state.Secrets[(name, Path.GetFileName(file))] = File.ReadAllText(file);
        return Lines($"secret/{name} created");
    }

    private ToolAnswer Annotate(string name)
    {
        state.LastVersion = _all.Split("last-version=")[1].Split(' ')[0];
        return Lines($"namespace/{name} annotated");
    }

    private ToolAnswer Logs()
    {
        if (_all.Contains("--previous", StringComparison.Ordinal)) return new(ExitCode: 1);
        var name = Selector.Length > 0 ? Workload : state.LookedAt;
        return _troubles.Of(name)?.Reason switch
        {
            "ImagePullBackOff" => ToolAnswer.Error(ToolAnswer.Of("logs-waiting.txt", ("NAME", name), ("POD", "pod-1"))),
            "NotReady" => Lines(ToolAnswer.Of("no-ip-sans.txt")),
            _ => Lines(LogLine),
        };
    }

    private ToolAnswer Forward() => settings.Get("FAKE_FORWARD") switch
    {
        "refused" => ToolAnswer.Error("error: unable to forward port because pod is not running. Current status=Pending"),
        "silent" => new() { Command = "sleep 60" },
        _ => Lines($"Forwarding from 127.0.0.1:{settings.Get("FAKE_PORT", "40001")} -> 8080") with { Command = "sleep 60" },
    };

    private ToolAnswer Execute()
    {
        if (_all.Contains("redis-cli", StringComparison.Ordinal)) return Lines(settings.Get("FAKE_REDIS") == "wrong-password" ? ToolAnswer.Of("redis-wrong-password.txt") : "PONG");
        if (settings.Has("FAKE_POSTGRES_PASSWORD")) return ExecuteWhereTheServerIs();
        return settings.Get("FAKE_POSTGRES", "1") is var answer && answer == "wrong-password" ? ToolAnswer.Error(ToolAnswer.Of("postgres-wrong-password.txt"), 2) : Lines(answer);
    }

    /// <summary>Runs it where the pod's server is, with the pod's variables; standard input only reaches it with <c>-i</c>.</summary>
    private ToolAnswer ExecuteWhereTheServerIs()
    {
        var at = Array.IndexOf(arguments, "--");
        var command = ToolAnswer.Words(
            [.. settings.Words("FAKE_POD"), "env", "POSTGRES_USER=postgres", $"POSTGRES_PASSWORD={settings.Get("FAKE_POSTGRES_PASSWORD")}", $"POSTGRES_DB={settings.Get("FAKE_DATABASE", "robotdb")}", .. arguments.Skip(at + 1)]);
        if (!arguments.Take(at).Contains("-i")) command += " </dev/null";
        // A connection that breaks ends the output, and kubectl may say nothing.
        return new() { Command = settings.Get("FAKE_CUT") is { Length: > 0 } cut && _all.Contains(cut, StringComparison.Ordinal) ? $"head -c 10000 < <({command})" : command };
    }

    private bool IsTerminating(string name) => settings.Words("FAKE_TERMINATING").Contains(name);

    private bool Exists(string name) => state.Objects.ContainsKey($"Namespace::{name}") || IsTerminating(name);

    private string? Option(string name) => Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

    [GeneratedRegex(@"app\.kubernetes\.io/name=([^,]*)")]
    private static partial Regex NameLabel();

    [GeneratedRegex(@"\{\.data\.([^}]*)\}")]
    private static partial Regex DataKey();
}
