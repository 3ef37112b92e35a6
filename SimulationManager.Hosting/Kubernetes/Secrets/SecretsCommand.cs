using SimulationManager.Hosting.Kubernetes.Manifest;

namespace SimulationManager.Hosting.Kubernetes.Secrets;

/// <summary>
/// <c>secrets --file FILE [--overlay O] [--set SECRET/KEY] [--show]</c>: keeps an installation's secrets in an encrypted file. Without <c>--show</c> and
/// <c>--set</c> it makes every value that the overlay needs and the file lacks. The passphrase is in <c>SECRETS_PASSPHRASE</c>.
/// </summary>
public static class SecretsCommand
{
    /// <summary>The first argument that means this command.</summary>
    public const string Verb = "secrets";

    private const string PassphraseVariable = "SECRETS_PASSPHRASE";
    private const int LeastPassphrase = 12;

    /// <summary>Runs the command.</summary>
    /// <returns>Exit code: 0, or 1 with the reason on standard error.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default)
    {
        try
        {
            var options = Options.Parse(args[1..]);
            var passphrase = Environment.GetEnvironmentVariable(PassphraseVariable) is { Length: >= LeastPassphrase } given
                ? given
                : throw new GenerationException($"Set {PassphraseVariable} to the passphrase of the file, at least {LeastPassphrase} characters.");
            var secrets = File.Exists(options.File)
                ? EncryptedSecrets.Parse(await File.ReadAllTextAsync(options.File, cancellationToken), passphrase)
                : EncryptedSecrets.Create(passphrase);
            if (options.Show)
            {
                foreach (var name in secrets.Names) Console.WriteLine($"{name}={secrets.Get(name)}");
                return 0;
            }

            // A value that cannot be opened now would otherwise be found by the next reader.
            foreach (var name in secrets.Names) secrets.Get(name);
            if (options.Set is { } set) secrets.Set(set, (await Console.In.ReadToEndAsync(cancellationToken)).TrimEnd('\n'));
            else await FillAsync(secrets, options.Overlay, cancellationToken);
            await File.WriteAllTextAsync(options.File, secrets.Write(), cancellationToken);
            Console.WriteLine($"{options.File} has {secrets.Names.Count()} values.");
            return 0;
        }
        catch (GenerationException exception)
        {
            await Console.Error.WriteLineAsync($"secrets: {exception.Message}");
            return 1;
        }
    }

    private static async Task FillAsync(EncryptedSecrets secrets, string overlay, CancellationToken cancellationToken)
    {
        var list = Path.Combine(RepositoryRoot.Find(), "aspirate-output", "overlays", overlay, SecretList.FileName);
        if (!File.Exists(list)) throw new GenerationException($"There is no overlay '{overlay}': '{list}' is missing.");
        var lines = (await File.ReadAllLinesAsync(list, cancellationToken)).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t'));
        // What is derived from another value comes after it.
        foreach (var (secret, key, rule) in lines.Select(field => (field[0], field[1], new SecretRule(field[2], field[3]))).OrderBy(line => line.Item3.Kind == "uri-of"))
        {
            var name = $"{secret}/{key}";
            if (!secrets.Names.Contains(name)) secrets.Set(name, SecretValue.Make(name, rule, sibling => secrets.Get($"{secret}/{sibling}")));
        }
    }

    private sealed record Options(string File, string Overlay, string? Set, bool Show)
    {
        public static Options Parse(string[] arguments)
        {
            string? file = null, set = null;
            var overlay = "dev";
            var show = false;
            var rest = new Queue<string>(arguments);
            while (rest.TryDequeue(out var option))
            {
                if (option == "--show") show = true;
                else if (option == "--file" && rest.TryDequeue(out var path)) file = path;
                else if (option == "--overlay" && rest.TryDequeue(out var name)) overlay = name;
                else if (option == "--set" && rest.TryDequeue(out var key) && key.Contains('/')) set = key;
                else throw new GenerationException($"'{option}' is not understood or lacks a value. Known are --file FILE, --overlay NAME, --set SECRET/KEY and --show.");
            }

            return new Options(file ?? throw new GenerationException("--file is missing."), overlay, set, show);
        }
    }
}
