using Aspire.Hosting.Pipelines;
using SimulationManager.Hosting.Kubernetes.Manifest;

namespace SimulationManager.Hosting.Kubernetes.Secrets;

/// <summary>
/// Keeps an installation's secrets in an encrypted file. Unless it is told to show or to set one, it makes every value that the overlay needs and the
/// file lacks. The passphrase is in <c>SECRETS_PASSPHRASE</c>.
/// </summary>
internal static class SecretsStep
{
    public const string Name = "kubernetes-secrets";

    private const string PassphraseVariable = "SECRETS_PASSPHRASE";
    private const int LeastPassphrase = 12;

    /// <summary>Runs the step.</summary>
    /// <exception cref="GenerationException">The settings, the passphrase or the file are not right.</exception>
    public static async Task RunAsync(PipelineStepContext context)
    {
        var options = context.Settings<Options>("Kubernetes:Secrets");
        var file = options.File ?? throw new GenerationException("--file is missing.");
        var passphrase = Environment.GetEnvironmentVariable(PassphraseVariable) is { Length: >= LeastPassphrase } given
            ? given
            : throw new GenerationException($"Set {PassphraseVariable} to the passphrase of the file, at least {LeastPassphrase} characters.");
        var secrets = File.Exists(file)
            ? EncryptedSecrets.Parse(await File.ReadAllTextAsync(file, context.CancellationToken), passphrase)
            : EncryptedSecrets.Create(passphrase);
        if (options.Show)
        {
            if (context.IsRunByCli()) throw new GenerationException("The Aspire CLI keeps in its log what is shown: run 'dotnet run --project SimulationManager.AppHost -- secrets --show'.");
            foreach (var name in secrets.Names) Console.WriteLine($"{name}={secrets.Get(name)}");
            return;
        }

        // A value that cannot be opened now would otherwise be found by the next reader.
        foreach (var name in secrets.Names) secrets.Get(name);
        if (options.Set is { } set) secrets.Set(set, await ReadValueAsync(set, context.CancellationToken));
        else await FillAsync(secrets, Path.Combine(context.RepositoryRoot(), ManifestsStep.DefaultOutput, "overlays", options.Overlay, SecretList.FileName), options.Overlay, context.CancellationToken);
        await File.WriteAllTextAsync(file, secrets.Write(), context.CancellationToken);
        context.Say($"{file} has {secrets.Names.Count()} values.");
    }

    private static async Task<string> ReadValueAsync(string name, CancellationToken cancellationToken)
    {
        if (!name.Contains('/')) throw new GenerationException($"'{name}' is not SECRET/KEY.");
        return (await Console.In.ReadToEndAsync(cancellationToken)).TrimEnd('\n') is { Length: > 0 } value ? value : throw new GenerationException($"Give the value of '{name}' on standard input.");
    }

    private static async Task FillAsync(EncryptedSecrets secrets, string list, string overlay, CancellationToken cancellationToken)
    {
        if (!File.Exists(list)) throw new GenerationException($"There is no overlay '{overlay}': '{list}' is missing.");
        var lines = (await File.ReadAllLinesAsync(list, cancellationToken)).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t'));
        // What is derived from another value comes after it.
        foreach (var (secret, key, rule) in lines.Select(field => (field[0], field[1], new SecretRule(field[2], field[3]))).OrderBy(line => line.Item3.Kind == "uri-of"))
        {
            var name = $"{secret}/{key}";
            if (!secrets.Names.Contains(name)) secrets.Set(name, SecretValue.Make(name, rule, sibling => secrets.Get($"{secret}/{sibling}")));
        }
    }

    private sealed record Options
    {
        public string? File { get; init; }

        public string Overlay { get; init; } = "dev";

        public string? Set { get; init; }

        public bool Show { get; init; }
    }
}
