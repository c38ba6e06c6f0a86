namespace FleetPlatform.TemplateEngine.Language;

/// <summary>Finds the names that a template refers to.</summary>
static class References
{
    /// <returns>Each once, in ordinal order.</returns>
    public static IReadOnlySet<string> Of(TemplateDocument template)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var expression in Texts(template)) Add(expression, names);
        if (template.Thing?.ThingGroups is { } groups) Add(groups, names);
        foreach (var piece in template.Policies.SelectMany(policy => policy.Document?.Pieces ?? []))
        {
            if (piece is PolicyText text) Add(text.Value, names);
            if (piece is PolicyRaw raw) Add(raw.Json, names);
            if (piece is PolicyList list) Add(list.Values, names);
        }

        return names;
    }

    static IEnumerable<TextExpression?> Texts(TemplateDocument template) =>
    [
        template.Thing?.ThingName, template.Thing?.ThingTypeName, template.Thing?.BillingGroup,
        .. template.Thing?.Attributes?.Values ?? [],
        template.Certificate?.CertificateId, template.Certificate?.SigningRequest, template.Certificate?.CertificatePem,
        template.Certificate?.AuthorityPem, template.Certificate?.Status, template.Certificate?.ThingPrincipalType,
        .. template.Policies.Select(policy => policy.PolicyName),
        .. template.DeviceConfiguration.Values,
    ];

    static void Add(TextExpression? expression, SortedSet<string> names)
    {
        switch (expression)
        {
            case Reference reference:
                names.Add(reference.Name);
                break;
            case Join join:
                Add(join.Values, names);
                break;
            case Select select:
                Add(select.Index, names);
                Add(select.Values, names);
                break;
            case FindInMap find:
                foreach (var key in (TextExpression[])[find.Map, find.First, find.Second]) Add(key, names);
                break;
            case Substitution substitution:
                foreach (var value in substitution.Variables.Values) Add(value, names);
                names.UnionWith(substitution.Pieces.Select(piece => piece.Variable).OfType<string>().Where(name => !substitution.Variables.ContainsKey(name)));
                break;
        }
    }

    static void Add(ListExpression list, SortedSet<string> names)
    {
        if (list is Split split) Add(split.Text, names);
        if (list is ListOfTexts texts)
            foreach (var item in texts.Items) Add(item, names);
    }
}
